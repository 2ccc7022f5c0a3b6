import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { browserDeps, type SocketLike } from "../../client/deps.ts";
import { openFollower } from "../../client/follower.ts";
import { openLatest } from "../../client/latest.ts";
import { traceAnswerSchema } from "../../src/protocol/answers/trace.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { Market, WATCHED } from "./chaos/market.ts";
import { runtimePids, runtimePidsSeen } from "./chaos/runtime-processes.ts";
import { SeededRandom, seedOfRun } from "./chaos/seeded-random.ts";
import { SteadyPushes } from "./chaos/steady-pushes.ts";
import { until } from "./chaos/until.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

const EVENTS_PER_SECOND = 100;
const ENVIRONMENT = { PUBLIC_READ: "true", LIMIT_CONNECTS_PER_MINUTE: "0" };
/** Two a host, one of which connects anew for each push. */
const PRODUCERS = ["P0", "P1", "P2", "P3", "P4", "P5", "P6", "P7"].map((symbol, at) => ({
  symbol,
  fresh: at % 2 === 1,
}));

// Its processes are told apart by their command lines.
describe.runIf(process.platform === "linux")("two runtimes with hosts, and the Writers'", () => {
  const folder = temporaryDataDir();
  let product: RunningProduct;
  let market: Market;
  let token: string;

  beforeAll(async () => {
    product = await start(2);
    token = await product.token();
    market = new Market(() => product, token, new SeededRandom(seedOfRun()), EVENTS_PER_SECOND);
    market.load.start();
  });
  afterAll(async () => {
    await market.stop();
    await product.killGroup();
    folder.remove();
  });

  const start = (runtimes: number, port = 0) =>
    startProduct({
      ...{ dataDir: folder.dataDir, port },
      environment: { ...ENVIRONMENT, RUNTIMES: String(runtimes), ROOM_HOSTS: String(runtimes) },
    });
  const viewersAreBack = () =>
    until("viewers connected", () => [...market.sockets.values()].every(({ isOpen }) => isOpen));

  it("say how many they are, share one port, and each says its number in its log", async () => {
    const seen = new Set<number>();
    await until("both have answered", async () => {
      const headers = { authorization: `Bearer ${token}`, connection: "close" };
      const answer = await fetch(`${product.url}/readyz`, { headers });
      const { runtimes } = (await answer.json()) as {
        runtimes: { count: 2; answered_by: number };
      };
      expect(runtimes.count).toBe(2);
      seen.add(runtimes.answered_by);
      return seen.size === 2;
    });
    for (const name of ["objects", "objects-1"]) {
      expect(existsSync(join(folder.dataDir, name, "edgetape-Host"))).toBe(true);
    }
    const odd = { headers: { authorization: "Bearer odd", connection: "close" } };
    await until("both have logged", async () => {
      await (await fetch(`${product.url}/api/symbols`, odd)).body?.cancel();
      return [0, 1].every((number) => product.output.includes(`"runtime":${number},"correlation`));
    });
  });

  it("T-4 are told by /metrics of whichever answers, each under its number", async () => {
    await until("both have acknowledged something", async () => {
      const headers = { authorization: `Bearer ${token}`, connection: "close" };
      const answer = await fetch(`${product.url}/metrics`, { headers });
      const text = await answer.text();
      return [0, 1].every(
        (number) =>
          text.includes(`\nedgetape_runtime_up{runtime="${number}"} 1\n`) &&
          text.includes(`\nedgetape_hosts{runtime="${number}"} 1\n`) &&
          new RegExp(`^edgetape_ack_seconds_count{runtime="${number}"} [1-9]`, "m").test(text),
      );
    });
    // Each name has one head, whatever runtimes have it.
    const headers = { authorization: `Bearer ${token}` };
    const text = await (await fetch(`${product.url}/metrics`, { headers })).text();
    expect(text).toContain('edgetape_runtime_up{runtime="2"} 1');
    expect(text).toMatch(/^edgetape_store_seconds_count\{runtime="2"\} [1-9]/m);
    const heads = text.match(/^# TYPE \S+/gm) ?? [];
    expect(new Set(heads).size).toBe(heads.length);
  });

  it("TR-2 tell of an id what either has said of it, whichever answers", async () => {
    const id = "refused.once";
    const headers = { authorization: "Bearer not-good", "x-correlation-id": id };
    await (await fetch(`${product.url}/api/metrics`, { method: "POST", headers })).text();
    for (let asked = 0; asked < 8; asked += 1) {
      // A connection of its own each: the kernel gives it to either of them.
      const reader = { authorization: `Bearer ${token}`, connection: "close" };
      const answer = await fetch(`${product.url}/api/trace/${id}`, { headers: reader });
      const { events, complete } = traceAnswerSchema.parse(await answer.json());
      expect([complete, events.map(({ kind }) => kind)]).toEqual([true, ["own_log"]]);
    }
  });

  it("ST-3 ST-5 ST-7 ST-10 have streams over the symbols of both hosts, by whichever runtime, while one is killed", async () => {
    const symbols = ["ST-0", "ST-1", "ST-2", "ST-3", "ST-4", "ST-5"];
    // On Node of before 22 there is no WebSocket.
    const openSocket = (url: string, protocols: string[]) =>
      new WebSocket(url, protocols) as unknown as SocketLike;
    const deps = { ...browserDeps(), openSocket };
    const got = new Map(symbols.map((symbol) => [symbol, [] as number[]]));
    const followers = [0, 1, 2].map(() => openFollower({ baseUrl: product.url }, deps));
    for (const [at, symbol] of symbols.entries()) {
      followers[at % followers.length]?.follow(symbol, {
        since: 0 as Cursor,
        onDelivery: (delivery) => {
          expect(delivery.type).not.toBe("gap");
          if (delivery.type !== "events") return;
          for (const event of delivery.events) {
            if (event.kind === "trade") got.get(symbol)?.push(event.price);
          }
        },
      });
    }
    const lasts = new Map<string, number>();
    const latest = openLatest(
      {
        ...{ baseUrl: product.url, symbols: ["ST-*"], channels: ["trade"] },
        onLatest({ rooms }) {
          for (const { symbol, events } of rooms) {
            for (const event of events) if (event.kind === "trade") lasts.set(symbol, event.price);
          }
        },
      },
      deps,
    );
    const before = await runtimePids(product, 3);
    for (let price = 1; price <= 10; price += 1) {
      if (price === 4) process.kill(before[1] as number, "SIGKILL");
      const ts = Date.now() * 1_000;
      await until("the round is taken", async () => {
        const trades = symbols.map((symbol) => ({ symbol, price, size: 1, id: `${price}`, ts }));
        const answer = await fetch(`${product.url}/api/trades`, {
          ...{ method: "POST", body: JSON.stringify(trades) },
          headers: {
            ...{ authorization: `Bearer ${token}`, connection: "close" },
            ...{ "content-type": "application/json", "idempotency-key": `streams-${price}` },
          },
        }).catch(() => null);
        return answer?.status === 202;
      });
    }
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    await until("all of it has come", () => [...got.values()].every(({ length }) => length >= 10));
    for (const symbol of symbols) expect(got.get(symbol)).toEqual(all);
    await until("the last of it is known", () => symbols.every((name) => lasts.get(name) === 10));
    latest.close();
    for (const follower of followers) follower.close();
    await until("a runtime anew", () => runtimePidsSeen(product)[1] !== before[1]);
    await viewersAreBack();
  });

  it("INV-1 INV-2 INV-6 are started again alone when they are killed, and nothing is lost or there twice", async () => {
    for (const killed of [[1], [0], [2], [0, 1, 2]]) {
      const before = await runtimePids(product, 3);
      await sleep(500);
      for (const number of killed) process.kill(before[number] as number, "SIGKILL");
      await until("runtimes anew", () => {
        const now = runtimePidsSeen(product);
        return [0, 1, 2].every((one) => {
          const isNew = now[one] !== undefined && now[one] !== before[one];
          return killed.includes(one) ? isNew : now[one] === before[one];
        });
      });
      await viewersAreBack();
    }
    await market.untilStored();
    expect(product.output).not.toContain('"status":500');
  });

  it("log one JSON object a line, what a runtime itself says of its death among them", async () => {
    const before = await runtimePids(product, 3);
    process.kill(before[1] as number, "SIGSEGV");
    await until("a runtime anew", () => runtimePidsSeen(product)[1] !== before[1]);
    await viewersAreBack();
    const lines = product.logLines.map((line) => {
      try {
        return JSON.parse(line) as object;
      } catch {
        return line;
      }
    });
    const text = expect.any(String);
    for (const line of lines) expect(line).toMatchObject({ event: text, level: text });
    const event = "process_output";
    expect(lines).toContainEqual(
      expect.objectContaining({ event, level: "error", service: "workerd", runtime: 1 }),
    );
  });

  it("are replaced one after the other at SIGHUP, and no push is refused", async () => {
    const before = await runtimePids(product, 3);
    const connects = WATCHED.map((symbol) => market.sockets.get(symbol)?.connects ?? 0);
    const pushes = new SteadyPushes(product.url, token, PRODUCERS);
    await sleep(300);
    process.kill(product.pid, "SIGHUP");
    await until("upgraded", () => product.output.includes('"event":"upgraded"'));
    await sleep(100);
    await pushes.stop();
    expect(pushes.failures).toEqual([]);
    for (const [number, pid] of (await runtimePids(product, 3)).entries())
      expect(pid).not.toBe(before[number]);
    await viewersAreBack();
    for (const [at, symbol] of WATCHED.entries()) {
      expect(market.sockets.get(symbol)?.connects).toBeGreaterThan(connects[at] as number);
    }
    for (const { symbol } of PRODUCERS)
      expect(await held(symbol)).toEqual(pushes.numbersOf(symbol));
  });

  it("leave all to one runtime, which finds it where it has moved, and replaces itself without refusing a push", async () => {
    await market.load.stop();
    expect(await product.stop()).toBe(0);
    product = await start(1, product.port);
    for (const name of ["objects-1", "objects-2"]) {
      expect(existsSync(join(folder.dataDir, name))).toBe(false);
    }
    market.load.start();
    const pushes = new SteadyPushes(product.url, token, PRODUCERS);
    await sleep(300);
    process.kill(product.pid, "SIGHUP");
    await until("upgraded", () => product.output.includes('"event":"upgraded"'));
    await pushes.stop();
    expect(pushes.failures).toEqual([]);
    await market.settle();
    expect(await market.violations()).toEqual([]);
  });

  /** The numbers that a symbol's room has, as a poll shows them. */
  async function held(symbol: string): Promise<number[]> {
    const answer = await fetch(`${product.url}/api/rooms/${symbol}/events?since=0&limit=10000`);
    const { events } = (await answer.json()) as { events: { value: number }[] };
    return events.map(({ value }) => value);
  }
});
