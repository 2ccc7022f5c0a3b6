import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TapeDeps } from "../../../client/deps.ts";
import { JoinedLatest } from "../../../client/joined-latest.ts";
import { type LatestOptions, openLatest, readLatest } from "../../../client/latest.ts";
import type { LatestMessage } from "../../../src/protocol/streams/server-message.ts";
import { fakeClock, settle } from "./fake-clock.ts";
import { latestServer } from "./latest-server.ts";

/** Takes the longer the longer the text is: it comes behind what was sent after it, where nobody waits for it. */
const unpacking =
  (clock: ReturnType<typeof fakeClock>) =>
  async (packed: ArrayBuffer): Promise<string> => {
    await new Promise<void>((resolve) => clock.setTimer(resolve, packed.byteLength % 50));
    return new TextDecoder().decode(packed);
  };

function world(options: Partial<LatestOptions> = {}, isUnpacking = false) {
  const clock = fakeClock();
  const server = latestServer(clock);
  const reported: unknown[] = [];
  const values = new Map<string, number>();
  const refused: string[] = [];
  const statuses: string[] = [];
  let wake: (event: "woke" | "wentOnline" | "wentOffline") => void = () => undefined;
  const deps: TapeDeps = {
    ...clock,
    ...(isUnpacking && { unpack: unpacking(clock) }),
    random: () => 0.5,
    openSocket: (url) => server.openSocket(url),
    fetch: (url, init) => server.fetch(url, init),
    isOnline: () => true,
    watch(notice) {
      wake = notice;
      return () => undefined;
    },
    report: (error) => reported.push(error),
  };
  const latest = openLatest(
    {
      ...{ baseUrl: "http://tape.test", symbols: ["A", "B", "C-*"] },
      onLatest({ rooms }) {
        for (const { symbol, events } of rooms) {
          for (const event of events) if (event.kind === "trade") values.set(symbol, event.price);
        }
      },
      onRefused: ({ symbol, code }) => refused.push(`${symbol} ${code}`),
      onStatus: ({ kind }) => statuses.push(kind),
      ...options,
    },
    deps,
  );
  return {
    ...{ clock, server, deps, reported, values, refused, statuses, latest },
    wake: (event: Parameters<typeof wake>[0]) => wake(event),
  };
}

describe("ST-10 a client of last values", () => {
  test("asks for what it wants once it is welcomed, by rate and channels", async () => {
    const { clock, server, latest } = world({ hz: 4, channels: ["trade", "metric:cpu,*"] });
    await clock.advance(10);
    const [socket] = server.opened;
    expect(socket?.url).toBe("ws://tape.test/ws?mode=latest&hz=4&channels=trade,metric%3Acpu%2C*");
    expect(socket?.sent).toEqual(['{"type":"subscribe","symbols":["A","B","C-*"]}']);
    expect(latest.status()).toEqual({ kind: "live" });
    latest.close();
    expect(server.sockets.size).toBe(0);
    expect(clock.pendingTimers()).toBe(0);
  });

  const step = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constantFrom("A", "B", "C-1", "C-2"), fc.nat(9)) },
    { weight: 2, arbitrary: fc.constantFrom("tick" as const, "wait" as const) },
    { weight: 1, arbitrary: fc.constantFrom("drop", "away", "back", "move A", "move C-1", "full") },
  );

  test("ends with the true last value of every symbol, whatever breaks, moves or is refused for now", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(step, { maxLength: 60 }),
        async (isUnpacking, steps) => {
          const { clock, server, values, latest } = world({}, isUnpacking);
          for (const name of ["A", "B"]) server.set(name, 0);
          for (const one of steps) {
            if (Array.isArray(one)) server.set(one[0], one[1]);
            else if (one === "tick") server.tick();
            else if (one === "wait") await clock.advance(700);
            else if (one === "drop") server.drop();
            else if (one.startsWith("move")) server.move(one.slice(5));
            else if (one === "full") server.refuse("B", "full", 1);
            else server.isAway = one === "away";
          }
          server.isAway = false;
          await clock.advance(60_000);
          server.tick();
          await clock.advance(100);
          expect([...values].sort()).toEqual([...server.values].sort());
          latest.close();
          expect(clock.pendingTimers()).toBe(0);
        },
      ),
    );
  });

  test("ST-12 asks for packed messages where it can unpack them, and takes all in their order", async () => {
    const { clock, server, values, refused, latest } = world({ symbols: ["A", "*"] }, true);
    await clock.advance(10);
    const [socket] = server.opened;
    expect(socket?.url).toBe("ws://tape.test/ws?mode=latest&compress=deflate-raw");
    for (let at = 0; at < 40; at += 1) server.set(`S${at}`, 1);
    server.tick();
    // Far shorter, and so unpacked sooner.
    server.set("S39", 2);
    server.tick();
    server.refuse("S39", "forbidden");
    expect([values.get("S39"), refused]).toEqual([undefined, []]);
    await clock.advance(100);
    expect([values.get("S39"), refused]).toEqual([2, ["S39 forbidden"]]);
    latest.close();
  });

  test("ST-12 begins anew where a message cannot be unpacked, and hears nothing once it is closed", async () => {
    const { clock, server, values, statuses, latest } = world({}, true);
    await clock.advance(100);
    expect(server.opened).toHaveLength(1);
    server.opened[0]?.socket.onmessage?.({ data: new ArrayBuffer(0) });
    await clock.advance(50);
    expect(statuses.at(-1)).toBe("reconnecting");
    await clock.advance(5_000);
    expect([server.opened.length, statuses.at(-1)]).toEqual([2, "live"]);
    server.set("A", 7);
    server.tick();
    latest.close();
    await clock.advance(100);
    expect(values.get("A")).not.toBe(7);
  });

  const outOfReach = fc.constantFrom("no sockets", "sockets", "gap A", "gap B");

  test("ST-11 ends with them too where no socket can be had for a while, and goes back to one", async () => {
    const either = fc.oneof({ weight: 3, arbitrary: step }, { weight: 1, arbitrary: outOfReach });
    await fc.assert(
      fc.asyncProperty(fc.array(either, { maxLength: 60 }), async (steps) => {
        const { clock, server, values, latest } = world({ symbols: ["A", "B"] });
        for (const name of ["A", "B"]) server.set(name, 0);
        await clock.advance(10);
        server.isSocketless = true;
        server.drop();
        await clock.advance(10_000);
        expect(latest.status()).toEqual({ kind: "by-events" });
        for (const one of steps) {
          if (Array.isArray(one)) server.set(one[0].startsWith("C") ? "A" : one[0], one[1]);
          else if (one === "tick") server.tick();
          else if (one === "wait") {
            await clock.advance(2_500);
            // Both rooms go on.
            if (server.events.size < 2 || latest.status().kind !== "by-events") continue;
            await clock.advance(200);
            if (server.events.size === 2)
              expect([...values].sort()).toEqual([...server.values].sort());
          } else if (one === "drop") server.drop();
          else if (one.startsWith("move")) server.move(one.slice(5));
          else if (one.startsWith("gap")) server.gap(one.slice(4), clock.nowMs() % 1_000);
          else if (one === "full") server.refuse("B", "full", 1);
          else if (one.endsWith("sockets")) server.isSocketless = one === "no sockets";
          else server.isAway = one === "away";
        }
        server.isAway = false;
        server.isSocketless = true;
        // A socket that is on its way comes yet.
        await clock.advance(10);
        server.drop();
        await clock.advance(120_000);
        expect(latest.status()).toEqual({ kind: "by-events" });
        expect([...values].sort()).toEqual([...server.values].sort());
        server.isSocketless = false;
        await clock.advance(60_000);
        expect(latest.status()).toEqual({ kind: "live" });
        expect(server.events.size).toBe(0);
        server.tick();
        await clock.advance(100);
        expect([...values].sort()).toEqual([...server.values].sort());
        latest.close();
        await settle();
        expect(clock.pendingTimers()).toBe(0);
      }),
    );
  });

  test("ST-11 tells by server-sent events what was asked for, at its rate, each room whole first", async () => {
    const told: LatestMessage[] = [];
    const options = { symbols: ["A"], hz: 2, onLatest: (one: LatestMessage) => told.push(one) };
    const { clock, server, statuses } = world(options);
    server.isSocketless = true;
    server.drop();
    server.set("A", 1);
    await clock.advance(10);
    server.drop();
    await clock.advance(20_000);
    expect(statuses).toEqual(["live", "reconnecting", "by-events"]);
    expect(told.at(-1)?.rooms[0]).toMatchObject({ symbol: "A", whole: true });
    const before = told.length;
    for (let price = 2; price <= 21; price += 1) {
      server.set("A", price);
      await clock.advance(100);
    }
    await clock.advance(1_000);
    const since = told.slice(before);
    expect(since.length).toBeLessThanOrEqual(5);
    const count = since.reduce((sum, { rooms, skipped }) => {
      return sum + skipped + (rooms[0]?.events.length ?? 0);
    }, 0);
    expect(count).toBe(20);
    expect(since.every(({ rooms }) => rooms[0]?.whole === undefined)).toBe(true);
  });

  test("ST-11 patterns, and more symbols than a browser has connections for, wait for a socket", async () => {
    for (const symbols of [
      ["A", "C-*"],
      ["A", "B", "C", "D", "E"],
    ]) {
      const { clock, server, latest } = world({ symbols });
      server.isSocketless = true;
      server.drop();
      await clock.advance(10);
      server.drop();
      await clock.advance(60_000);
      expect(server.events.size).toBe(0);
      expect(latest.status()).toEqual({ kind: "reconnecting" });
      latest.close();
    }
  });

  async function byEvents(options: Partial<LatestOptions>) {
    const made = world({ symbols: ["A", "B"], ...options });
    made.server.isSocketless = true;
    // A socket that is on its way comes yet.
    await made.clock.advance(10);
    made.server.drop();
    await made.clock.advance(20_000);
    expect(made.latest.status()).toEqual({ kind: "by-events" });
    return made;
  }

  test.each([
    [400, "bad_message"],
    [401, "bad_token"],
    [403, "forbidden"],
    [404, "bad_message"],
  ] as const)(
    "ST-11 what is answered %i is refused as %s, and not asked for again",
    async (status, code) => {
      const told: unknown[] = [];
      const onRefused: LatestOptions["onRefused"] = (refusal) => told.push(refusal);
      const { clock, server, values } = await byEvents({ onRefused, token: "t" });
      server.refusals.set("A", status);
      server.drop();
      await clock.advance(120_000);
      expect(told).toEqual([{ symbol: "A", code, message: "no A here" }]);
      const { length } = server.asked.filter(({ symbol }) => symbol === "A");
      server.set("B", 7);
      await clock.advance(120_000);
      expect(server.asked.filter(({ symbol }) => symbol === "A")).toHaveLength(length);
      expect(values.get("B")).toBe(7);
    },
  );

  test("ST-11 what may be answered another time is asked for again, each time with the token there is", async () => {
    let made = 0;
    const token = async () => `t${++made}`;
    const { clock, server, refused, values } = await byEvents({ token });
    for (const status of [401, 429, 503]) {
      server.refusals.set("A", status);
      server.drop();
      await clock.advance(10_000);
      server.refusals.clear();
      server.set("A", status);
      await clock.advance(60_000);
      expect(values.get("A")).toBe(status);
    }
    expect(refused).toEqual([]);
    expect(new Set(server.asked.map(({ authorization }) => authorization)).size).toBe(
      server.asked.length,
    );
  });

  test("ST-11 the end of a token ends it by events as on a socket, unless another one can be had", async () => {
    const fixed = await byEvents({ token: "t" });
    for (const one of fixed.server.events) one.end(4503);
    await settle();
    expect(fixed.latest.status()).toEqual({ kind: "closed", code: 4503, reason: "gone" });
    expect(fixed.statuses.filter((kind) => kind === "closed")).toHaveLength(1);
    expect(fixed.refused).toEqual([]);
    expect(fixed.server.events.size).toBe(0);
    expect(fixed.clock.pendingTimers()).toBe(0);

    const renewed = await byEvents({ token: () => "t" });
    for (const one of renewed.server.events) one.end(4503);
    renewed.server.set("A", 7);
    await renewed.clock.advance(10_000);
    expect(renewed.latest.status()).toEqual({ kind: "by-events" });
    expect(renewed.values.get("A")).toBe(7);
  });

  test("a name with an asterisk is no pattern", async () => {
    const { clock, server, latest } = world({ symbols: ["A\\*"] });
    server.isSocketless = true;
    server.drop();
    await clock.advance(10);
    server.drop();
    await clock.advance(60_000);
    expect([...server.events].map(({ symbol }) => symbol)).toEqual(["A*"]);
    latest.close();
    await settle();
    expect(server.events.size).toBe(0);
    expect(clock.pendingTimers()).toBe(0);
  });

  test("is read by a loop that is told of each key the newest alone, and ends with it", async () => {
    const { clock, server, deps, latest } = world();
    latest.close();
    const statuses: string[] = [];
    const reading = readLatest(
      {
        ...{ baseUrl: "http://tape.test", symbols: ["A"] },
        onStatus: ({ kind }) => statuses.push(kind),
      },
      deps,
    );
    server.set("A", 1);
    const first = reading.next();
    await clock.advance(10);
    expect((await first).value?.rooms[0]).toMatchObject({ symbol: "A", whole: true });
    for (const price of [2, 3, 4]) {
      server.set("A", price);
      server.tick();
    }
    const { value } = await reading.next();
    expect(value?.rooms.flatMap(({ events }) => events)).toMatchObject([{ price: 4 }]);
    expect(value?.skipped).toBe(2);
    await reading.return();
    expect(statuses.at(-1)).toBe("closed");
    expect(server.sockets.size).toBe(0);
    expect(clock.pendingTimers()).toBe(0);
  });

  test("a loop ends where the client must not come back", async () => {
    const { clock, server, deps, latest } = world();
    latest.close();
    const reading = readLatest({ baseUrl: "http://tape.test", symbols: ["A"] }, deps);
    const first = reading.next();
    await clock.advance(10);
    await first;
    const next = reading.next();
    server.drop(1008);
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test("what waits for a slow reader is one message, and a whole room takes the place of what was told of it", () => {
    const waiting = new JoinedLatest();
    expect(waiting.take()).toBeNull();
    const trade = { kind: "trade", ts: 1, price: 1, size: 1 };
    const load = (value: number) => ({ kind: "metric", ts: 1, metric: "load", value });
    const told = (events: object[], rest: object = {}) =>
      ({
        ...{ type: "latest", skipped: 1 },
        rooms: [{ symbol: "A", cursor: 2, events, ...rest }],
      }) as unknown as LatestMessage;
    waiting.add(told([trade, load(1)]));
    waiting.add(told([load(2)], { bars: [{ ts: 0, close: 1 }] }));
    waiting.add(told([load(3)], { bars: [{ ts: 0, close: 2 }] }));
    expect(waiting.take()).toEqual({
      ...{ type: "latest", skipped: 5 },
      rooms: [{ symbol: "A", cursor: 2, events: [trade, load(3)], bars: [{ ts: 0, close: 2 }] }],
    });
    waiting.add(told([trade]));
    waiting.add(told([load(4)], { whole: true }));
    expect(waiting.take()?.rooms).toEqual([
      { symbol: "A", cursor: 2, events: [load(4)], whole: true },
    ]);
  });

  test("is told of what cannot be, and asks again for what can be later", async () => {
    const { clock, server, refused } = world();
    await clock.advance(10);
    server.refuse("A", "forbidden");
    server.refuse("B", "not_known_yet", 2);
    expect(refused).toEqual(["A forbidden"]);
    await clock.advance(10_000);
    expect(server.opened[0]?.sent.filter((text) => text.includes("subscribe"))).toEqual([
      '{"type":"subscribe","symbols":["A","B","C-*"]}',
      '{"type":"subscribe","symbols":["B"]}',
    ]);
  });

  test("comes back at once when the machine wakes, and never where it must not", async () => {
    const { clock, server, statuses, latest, wake } = world();
    await clock.advance(10);
    server.isAway = true;
    server.drop();
    await clock.advance(20_000);
    server.isAway = false;
    wake("woke");
    await clock.advance(10);
    expect(statuses.slice(0, 2)).toEqual(["live", "reconnecting"]);
    expect(latest.status()).toEqual({ kind: "live" });
    server.drop(1008);
    expect(latest.status()).toEqual({ kind: "closed", code: 1008, reason: "gone" });
    await clock.advance(60_000);
    expect(server.sockets.size).toBe(0);
    expect(clock.pendingTimers()).toBe(0);
  });

  test("brings all values again to who could not take some", async () => {
    let fails = true;
    const got: number[] = [];
    const { clock, server, reported } = world({
      symbols: ["A"],
      onLatest({ rooms }) {
        if (fails) throw new Error("full");
        for (const { events } of rooms) {
          for (const event of events) if (event.kind === "trade") got.push(event.price);
        }
      },
    });
    server.set("A", 7);
    await clock.advance(100);
    expect(reported).toHaveLength(1);
    fails = false;
    await clock.advance(5_000);
    expect(got).toEqual([7]);
  });

  test("names its faults", () => {
    expect(() => world({ symbols: [] })).toThrow("symbols must name at least one");
    expect(() => world({ baseUrl: "ftp://x" })).toThrow("baseUrl must be an address");
  });
});
