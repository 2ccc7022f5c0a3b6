import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Edgetape } from "../../../push/node/edgetape.ts";
import type { EdgetapeOptions } from "../../../push/node/options.ts";
import type { Refused } from "../../../push/node/refused.ts";
import { soon } from "../../soon.ts";
import { FakeServer } from "./fake-server.ts";

const PACKAGE = fileURLToPath(new URL("../../../push/node/index.ts", import.meta.url));
/** Nobody listens there. */
const DEAD = "http://127.0.0.1:9";

let server: FakeServer;
let folder: string;
let warnings: string[];
const tapes: Edgetape[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "edgetape-push-"));
  warnings = [];
  server = new FakeServer();
  await server.listen();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(tapes.splice(0).map((tape) => tape.close(0)));
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One that waits for as long as a machine takes that does ten other things. */
class Patient extends Edgetape {
  override flush(timeoutMs = 30_000): Promise<boolean> {
    return super.flush(timeoutMs);
  }

  override sync(timeoutMs = 30_000): Promise<boolean> {
    return super.sync(timeoutMs);
  }
}

function open(options: Partial<EdgetapeOptions> = {}, url = server.url): Edgetape {
  const onWarning = (words: string) => void warnings.push(words);
  const quick = { token: "t", spool: folder, intervalMs: 5, onWarning };
  const tape = new Patient(url, { ...quick, ...options });
  tapes.push(tape);
  return tape;
}

const trade = (tape: Edgetape, at: number) => tape.trade("ACME", { price: at, size: 1 });
const prices = () => server.of("trades").map(({ price }) => price);
const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

/** Files of the spool, in whichever holder's folder. */
const spooled = () =>
  readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith(".spool"));

it("every kind goes to its route, with one post for all symbols", async () => {
  const tape = open();
  const series = tape.metric("order_latency_ms", { symbol: "ACME", labels: { venue: "xnas" } });
  series.observe(1.7);
  tape.metric("cpu").observe(0.4, 1_795_422_741_819_000);
  tape.trade("ACME", { price: 101.25, size: 20, side: "buy", id: "f-81", venue: "xnas" });
  tape.trade("ES=F", { price: 5_000, size: 1, ts: new Date("2026-11-27T00:00:00Z") });
  tape.order("ACME", { id: "o-7", status: "sent", side: "buy", quantity: 20, price: 101.25 });
  tape.position("ACME", { quantity: 20, avg_price: 101.25, account: "desk" });
  tape.note("ACME", { text: "halted", level: "warn" });
  tape.book("ACME", { bids: [[101.24, 150]], asks: [[101.26, 80]], seq: 2n ** 60n });
  tape.book("ACME", { bids: [[101.24, 0]], asks: [], type: "diff", seq: 5 });
  expect(await tape.flush()).toBe(true);
  const ts = expect.any(Number);
  expect(Object.fromEntries(server.posts.map(({ route, events }) => [route, events]))).toEqual({
    metrics: [
      { metric: "order_latency_ms", symbol: "ACME", labels: { venue: "xnas" }, value: 1.7, ts },
      { metric: "cpu", value: 0.4, ts: 1_795_422_741_819_000 },
    ],
    trades: [
      { symbol: "ACME", price: 101.25, size: 20, side: "buy", id: "f-81", venue: "xnas", ts },
      { symbol: "ES=F", price: 5_000, size: 1, ts: 1_795_737_600_000_000 },
    ],
    orders: [
      {
        ...{ symbol: "ACME", id: "o-7", status: "sent", side: "buy", quantity: 20, price: 101.25 },
        ts,
      },
    ],
    positions: [{ symbol: "ACME", quantity: 20, avg_price: 101.25, account: "desk", ts }],
    notes: [{ symbol: "ACME", text: "halted", level: "warn", ts }],
    books: [
      {
        ...{ symbol: "ACME", type: "snapshot", bids: [[101.24, 150]], asks: [[101.26, 80]] },
        ...{ seq: "1152921504606846976", ts },
      },
      { symbol: "ACME", type: "diff", bids: [[101.24, 0]], asks: [], seq: 5, ts },
    ],
  });
  expect(server.posts).toHaveLength(6);
  expect(server.posts[0]?.headers.authorization).toBe("Bearer t");
  expect(tape.stats().kinds.trades).toEqual({
    ...{ waiting: 0, spooled: 0, sent: 2, refused: 0, dropped: 0 },
  });
});

it("a body is compressed, and a book is as it was when it was pushed", async () => {
  const tape = open();
  const bids: [number, number][] = Array.from({ length: 100 }, (_, at) => [at, 1]);
  tape.book("ACME", { bids, asks: [] });
  bids.length = 0;
  expect(await tape.flush()).toBe(true);
  expect(server.posts[0]?.headers["content-encoding"]).toBe("gzip");
  expect(server.of("books")[0]?.["bids"]).toHaveLength(100);
});

it("time measures calls, promises and what is between, also where they fail", async () => {
  const tape = open();
  expect(tape.metric("a_us").time(() => 7)).toBe(7);
  expect(() =>
    tape.metric("b_ms").time(() => {
      throw new Error("no");
    }),
  ).toThrow("no");
  await tape.metric("c_seconds").time(() => sleep(20));
  const timer = tape.metric("d").time("ms");
  await sleep(2);
  expect(timer.stop()).toBe(timer.stop());
  expect(() => tape.metric("e").time()).toThrow('"e" does not end in a unit');
  expect(await tape.flush()).toBe(true);
  const values = new Map(server.of("metrics").map(({ metric, value }) => [metric, Number(value)]));
  expect([...values.keys()].sort()).toEqual(["a_us", "b_ms", "c_seconds", "d"]);
  expect(values.get("c_seconds")).toBeGreaterThan(0.015);
  // In seconds, and not the 20 that it would be in milliseconds.
  expect(values.get("c_seconds")).toBeLessThan(15);
  expect(values.get("d")).toBeGreaterThan(1);
});

it("a batch that was not answered is sent again as it was, under its key", async () => {
  server.answer = () => (server.posts.length < 2 ? null : { status: 202 });
  const tape = open();
  for (const at of upTo(10)) trade(tape, at);
  expect(await tape.flush(10_000)).toBe(true);
  expect(new Set(server.posts.map(({ key }) => key)).size).toBe(1);
  expect(server.posts.length).toBeGreaterThanOrEqual(2);
  expect(prices()).toEqual(upTo(10));
  expect(warnings[0]).toMatch(/^everything: held up, and waits: .*does not answer/);
  expect(warnings).toContain("everything: sent again");
});

it("Retry-After is honoured, and a flush does not cut it short", async () => {
  server.answer = () =>
    server.posts.length === 1
      ? { status: 503, headers: { "retry-after": "0.3" }, body: { title: "busy" } }
      : { status: 202 };
  const tape = open();
  trade(tape, 0);
  expect(await tape.flush(100)).toBe(false);
  await soon(() => expect(tape.stats().trouble.trades).toContain("503 busy"));
  expect(await tape.flush(5_000)).toBe(true);
  const [first = 0, second = 0] = server.posts.map(({ atMs }) => atMs);
  expect(second - first).toBeGreaterThan(290);
  expect(server.posts).toHaveLength(2);
});

it("the bad ones of a batch are found, told, kept and set aside, and the good ones go on in order", async () => {
  const isBad = (price: unknown) => price === 3 || price === 7;
  server.answer = ({ events }) =>
    events.some(({ price }) => isBad(price))
      ? { status: 422, body: { title: "no", detail: "nobody says which" } }
      : { status: 202 };
  const refused: Refused[] = [];
  const tape = open({ onRefused: (events) => void refused.push(...events) });
  for (const at of upTo(10)) trade(tape, at);
  trade(tape, Number.NaN);
  expect(await tape.flush(10_000)).toBe(true);
  expect(prices()).toEqual(upTo(10).filter((at) => !isBad(at)));
  expect(refused.map(({ why }) => why)).toEqual([
    "is no JSON: price is NaN",
    expect.stringContaining("422 no: nobody says which"),
    expect.stringContaining("422 no: nobody says which"),
  ]);
  expect(tape.stats().kinds.trades).toMatchObject({ sent: 8, refused: 3, dropped: 0 });
  await tape.close();
  const [holder] = readdirSync(folder);
  const kept = readFileSync(join(folder, holder ?? "", "refused.ndjson"), "utf8")
    .trim()
    .split("\n");
  expect(kept.map((line) => JSON.parse(line).why)).toEqual(refused.map(({ why }) => why));
});

it("a route that is not there yet holds up its own kind alone", async () => {
  server.answer = ({ route }) => (route === "positions" ? { status: 404 } : { status: 202 });
  const tape = open();
  tape.position("ACME", { quantity: 1 });
  trade(tape, 1);
  tape.metric("m").observe(1);
  expect(await tape.flush(200)).toBe(false);
  await soon(() => {
    expect([server.of("trades").length, server.of("metrics").length]).toEqual([1, 1]);
    expect(Object.keys(tape.stats().trouble)).toEqual(["positions"]);
  });
  expect(tape.stats().kinds.positions).toMatchObject({ waiting: 0, spooled: 1 });
});

it("a token that cannot be had holds up, and fails no push", async () => {
  let isAway = false;
  const token = () => {
    if (isAway) throw new Error("the vault is away");
    return "t";
  };
  const tape = open({ token });
  isAway = true;
  trade(tape, 1);
  expect(await tape.flush(50)).toBe(false);
  await soon(() => expect(tape.stats().trouble.server).toContain("the vault is away"));
  isAway = false;
  expect(await tape.flush()).toBe(true);
});

it("metrics drop the oldest and count it where there is no disk for the others either", async () => {
  const tape = open({ mostWaiting: 3, spool: false }, DEAD);
  for (const at of upTo(5)) tape.metric("m").observe(at);
  for (const at of upTo(5)) trade(tape, at);
  expect(tape.stats().kinds.metrics).toMatchObject({ waiting: 3, dropped: 2 });
  expect(tape.stats().kinds.trades).toMatchObject({ waiting: 3, dropped: 2 });
  expect(await tape.sync()).toBe(false);
  expect(await tape.flush(50)).toBe(false);
  await soon(() => expect(warnings.join()).toContain("4 events are lost"));
});

it("the spool is bounded, and books leave room for trades", async () => {
  const tape = open({ spoolBytes: 4_000 }, DEAD);
  const book = () => tape.book("ACME", { bids: [[1, 1]], asks: [[2, 2]] });
  for (let at = 0; at < 100; at += 1) {
    book();
    if (at % 10 === 9) expect(await tape.sync()).toBe(true);
  }
  trade(tape, 1);
  expect(await tape.sync()).toBe(true);
  const { books, trades } = tape.stats().kinds;
  expect(books.dropped).toBeGreaterThan(50);
  expect(books.dropped + books.spooled).toBe(100);
  expect(trades).toMatchObject({ spooled: 1, dropped: 0 });
  for (let at = 0; at < 100; at += 1) {
    trade(tape, at);
    if (at % 10 === 9) await tape.sync();
  }
  expect(tape.stats().kinds.trades.dropped).toBeGreaterThan(50);
});

it("a disk that takes nothing is told once, and nothing is lost by it", async () => {
  const tape = open();
  trade(tape, 0);
  expect(await tape.flush()).toBe(true);
  const holder = join(folder, readdirSync(folder)[0] ?? "");
  renameSync(holder, `${holder}.away`);
  tape.position("ACME", { quantity: 1 });
  expect(await tape.sync(150)).toBe(false);
  expect(tape.stats().kinds.positions).toMatchObject({ waiting: 1, dropped: 0 });
  await soon(() => expect(warnings.join()).toContain("cannot be written"));
  renameSync(`${holder}.away`, holder);
  expect(await tape.flush()).toBe(true);
  expect(server.of("positions")).toHaveLength(1);
  const told = warnings.filter((each) => each.includes("cannot be written"));
  expect(told).toHaveLength(1);
  expect(warnings.at(-1)).toContain("is written again");
});

it("files go with what was in them, and the many that gathered are sent in order", async () => {
  const away = open({ intervalMs: 1_000 }, server.url);
  server.answer = () => ({ status: 503 });
  const filler = "x".repeat(190);
  const put = (from: number) => {
    for (let at = from; at < from + 8_000; at += 1) {
      away.trade("ACME", { price: at, size: 1, id: filler, venue: filler, ts: at });
    }
  };
  put(0);
  expect(await away.sync(20_000)).toBe(true);
  put(8_000);
  expect(await away.sync(20_000)).toBe(true);
  expect(spooled().length).toBeGreaterThan(1);
  server.answer = () => ({ status: 202 });
  expect(await away.flush(20_000)).toBe(true);
  expect(prices()).toEqual(upTo(16_000));
  expect(spooled().length).toBeLessThanOrEqual(1);
  await away.close();
  expect(spooled()).toEqual([]);
});

it("after the end a push is counted, and nothing else", async () => {
  const tape = open();
  await tape.close();
  trade(tape, 1);
  expect(tape.stats().kinds.trades).toMatchObject({ waiting: 0, dropped: 1 });
  expect(server.posts).toEqual([]);
});

it("what cannot be a server's address is refused at once, and a folder that is none too", () => {
  for (const url of ["tape.example", "ftp://a", "http://a?b=1", "http://me@a", ""]) {
    expect(() => open({}, url)).toThrow("is no address of a server");
  }
  writeFileSync(join(folder, "file"), "");
  expect(() => open({ spool: join(folder, "file") })).toThrow("ENOTDIR");
});

it("a path before the routes is kept", async () => {
  const tape = open({}, `${server.url}/tape/`);
  trade(tape, 1);
  expect(await tape.flush()).toBe(true);
  expect(server.of("trades")).toHaveLength(1);
});

// ---- processes ----

/** Runs a program that has `tape`; `said` is what it wrote. */
function program(code: string, url = server.url): { child: ChildProcess; said: () => string } {
  const source = `
    import { Edgetape } from ${JSON.stringify(PACKAGE)};
    const tape = new Edgetape(${JSON.stringify(url)}, {
      token: "t", spool: ${JSON.stringify(folder)}, intervalMs: 5, exitTimeoutMs: 60_000, onWarning: () => {},
    });
    ${code}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  return { child, said: () => text };
}

async function untilSaid({ said, child }: ReturnType<typeof program>, wanted: string) {
  while (!said().includes(wanted)) {
    if (child.exitCode !== null) throw new Error(`it ended, and said ${said()}`);
    await sleep(5);
  }
}

it("what was spooled outlives kill -9, and is sent once under the key it had", async () => {
  server.answer = () => null;
  const killed = program(`
    for (let at = 0; at < 20; at += 1) tape.trade("ACME", { price: at, size: 1 });
    setInterval(() => {}, 1_000);
    console.log("pushed");`);
  await untilSaid(killed, "pushed");
  while (server.posts.length < 1) await sleep(5);
  killed.child.kill("SIGKILL");
  await once(killed.child, "close");
  const [first] = server.posts;
  server.answer = () => ({ status: 202 });
  const tape = open();
  trade(tape, 20);
  expect(await tape.flush(10_000)).toBe(true);
  expect(server.posts.filter(({ key }) => key === first?.key).length).toBeGreaterThan(1);
  expect(prices()).toEqual(upTo(21));
  await tape.close();
  // Not even the socket of the dead is left.
  expect(readdirSync(folder, { recursive: true })).toHaveLength(1);
});

it("a process that lives keeps what is its own", async () => {
  server.answer = () => ({ status: 503, headers: { "retry-after": "60" } });
  const other = program(`
    tape.trade("ACME", { price: 1, size: 1 });
    await tape.sync();
    setInterval(() => {}, 1_000);
    console.log("pushed");`);
  await untilSaid(other, "pushed");
  const tape = open();
  expect(await tape.flush(2_000)).toBe(true);
  expect(tape.stats().kinds.trades.spooled).toBe(0);
  expect(spooled()).toHaveLength(1);
});

it("the end of a process flushes, and process.exit keeps what was pushed last", async () => {
  const flushed = program(`
    tape.metric("m").observe(1);
    tape.trade("ACME", { price: 0, size: 1 });`);
  const { 0: code } = await once(flushed.child, "close");
  expect(code).toBe(0);
  expect([server.of("metrics").length, server.of("trades").length]).toEqual([1, 1]);
  expect(spooled()).toEqual([]);
  await once(
    program('for (const at of [1, 2]) tape.trade("ACME", { price: at, size: 1 }); process.exit(0);')
      .child,
    "close",
  );
  expect(server.of("trades")).toHaveLength(1);
  const tape = open();
  expect(await tape.flush()).toBe(true);
  expect(prices()).toEqual([0, 1, 2]);
});

it("the end waits for no server where all that waits is on disk", async () => {
  // Else it would take as long as an end may take, and longer than a test.
  await once(program('tape.trade("ACME", { price: 0, size: 1 });', DEAD).child, "close");
  expect(spooled()).toHaveLength(1);
});

it("a holder has a folder of its own, and others' events stay there", async () => {
  const one = open({ token: "one" }, DEAD);
  trade(one, 1);
  expect(await one.sync()).toBe(true);
  await one.close();
  const two = open({ token: "two" });
  expect(await two.flush()).toBe(true);
  expect(server.posts).toEqual([]);
  mkdirSync(join(folder, "unrelated"));
  const again = open({ token: "one" }, DEAD);
  // What a process before it has left is part of it, also where there was no time to look for that.
  expect([await again.flush(0), await again.flush(100)]).toEqual([false, false]);
  await soon(() => expect(again.stats().kinds.trades.spooled).toBe(1));
});
