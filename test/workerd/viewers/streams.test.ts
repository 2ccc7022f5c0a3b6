import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import { streamsAt } from "../../../src/bindings/objects.ts";
import type { StreamsName } from "../../../src/core/placement/relaying.ts";
import { soon } from "../../soon.ts";
import { closeSockets, hostStubOf, newSymbol, push, pushPoints, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";
import { openStream, TestStream } from "../test-stream.ts";

let neon: FakeNeon;
beforeEach(() => {
  neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(neon.fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

/** The object that holds the streams of this runtime. */
const streams = () =>
  streamsAt(env as unknown as Env, "runtime-0" as StreamsName) as unknown as DurableObjectStub;

/** What the object has written down. */
const written = (what: string) =>
  runInDurableObject(streams(), (_, { storage }) =>
    JSON.stringify([...storage.sql.exec(`SELECT * FROM ${what}`)]),
  );
const isWritten = (what: string, text: string) =>
  soon(async () => expect(await written(what)).toContain(text));

describe("ST-1 a stream", () => {
  it("ST-2 ST-3 greets, and has of each room what its own socket has, with its symbol", async () => {
    const [one, two] = [newSymbol(), newSymbol()];
    await pushPoints(one, 1, 3);
    const stream = await TestStream.open({ symbols: `${one},${two}` });
    expect(await stream.find("welcome")).toMatchObject({ mode: "all", most_symbols: 500 });
    expect(await stream.find("subscribed")).toEqual({
      ...{ type: "subscribed", symbols: [one, two], patterns: [] },
    });
    const { log } = await stream.find("hello", one);
    expect((await stream.find("snapshot", one)).metrics).toMatchObject([{ value: 3 }]);
    await stream.find("caught_up", two);
    await pushPoints(two, 10, 2);
    expect((await stream.points(two, 2)).values).toEqual([10, 11]);
    // One that comes back does so with a cursor a room.
    const cursor = await pushPoints(one, 4);
    await pushPoints(one, 5);
    const again = await TestStream.open();
    again.say({ type: "subscribe", id: "x", symbols: [{ symbol: one, since: cursor, log }, two] });
    expect(await again.find("subscribed")).toMatchObject({ id: "x", symbols: [one, two] });
    expect((await again.points(one, 1)).values).toEqual([5]);
    expect(await again.find("caught_up", one)).toMatchObject({ replayed: 1, complete: true });
    const lost = await TestStream.open();
    lost.say({ type: "subscribe", symbols: [{ symbol: one, since: cursor, log: "made-up" }] });
    expect(await lost.find("gap", one)).toMatchObject({ reason: "reset", from: cursor });
  });

  it("ST-4 changes what it watches, and an error of one symbol ends none of the others", async () => {
    const [one, two] = [newSymbol(), newSymbol()];
    const token = await tokenOf({ scope: "read", symbols: [`${one}*`] });
    const stream = await TestStream.open({ symbols: `${one},${two}` }, token);
    expect(await stream.find("error")).toMatchObject({ symbol: two, code: "forbidden" });
    await stream.find("caught_up", one);
    stream.say({ type: "subscribe", id: 1, symbols: [one] });
    expect(await stream.find("error")).toMatchObject({ id: 1, code: "already_subscribed" });
    stream.say({ type: "unsubscribe", id: 2, symbols: [one, "nobody"] });
    expect(await stream.find("error")).toMatchObject({ symbol: "nobody", code: "not_subscribed" });
    expect(await stream.find("unsubscribed")).toMatchObject({ id: 2, symbols: [one] });
    const before = await pushPoints(one, 1);
    stream.say({ type: "nonsense" });
    expect(await stream.find("error")).toMatchObject({ code: "bad_message" });
    // C-6: a log without a cursor would begin now, and say nothing of what was missed.
    stream.say({ type: "subscribe", id: 3, symbols: [{ symbol: one, log: "some-log" }] });
    expect(await stream.find("error")).toMatchObject({ id: 3, symbol: one, code: "bad_message" });
    // What was pushed meanwhile is not told before it is watched again.
    expect(stream.all.some(({ type }) => type === "events")).toBe(false);
    stream.say({ type: "subscribe", symbols: [{ symbol: one, since: before }] });
    await pushPoints(one, 2);
    expect((await stream.points(one, 1)).values).toEqual([2]);
  });

  it("ST-5 finds the symbols of a pattern, and from its moment on those that come later", async () => {
    const name = newSymbol();
    await pushPoints(`${name}-A`, 1);
    const stream = await TestStream.open({ symbols: `${name}-*` });
    expect(await stream.find("subscribed")).toMatchObject({ patterns: [`${name}-*`] });
    expect((await stream.find("snapshot", `${name}-A`)).metrics).toHaveLength(1);
    // The first event of one that comes is in no snapshot.
    await pushPoints(`${name}-B`, 7, 2);
    expect((await stream.points(`${name}-B`, 2)).values).toEqual([7, 8]);
    stream.say({ type: "unsubscribe", symbols: [`${name}-B`] });
    await stream.find("unsubscribed");
    await pushPoints(`${name}-B`, 9);
    await pushPoints(`${name}-C`, 1);
    await stream.points(`${name}-C`, 1);
    expect(JSON.stringify(stream.all)).not.toContain('"value":9');
    stream.say({ type: "unsubscribe", symbols: [`${name}-*`] });
    expect((await stream.find("unsubscribed")).symbols).toEqual([`${name}-A`, `${name}-C`]);
    // While nobody waits for symbols hosts stop telling of them; who waits again is told again.
    await pushPoints(`${name}-D`, 1);
    const asks = () =>
      runInDurableObject(hostStubOf(name), (_, { storage }) =>
        storage.sql.exec("SELECT count(*) AS count FROM relays WHERE symbol = '*'").one(),
      );
    await soon(async () => expect(await asks()).toEqual({ count: 0 }));
    const later = await TestStream.open({ symbols: `${name}-*` });
    await later.find("caught_up", `${name}-D`);
    expect(await asks()).toEqual({ count: 1 });
    await pushPoints(`${name}-E`, 3);
    expect((await later.points(`${name}-E`, 1)).values).toEqual([3]);
  });

  it("ST-1 says what is wrong with what was asked for", async () => {
    const wrong = await openStream({ symbols: "a\u0007b", mode: "some", channels: "prices" });
    expect(wrong.status).toBe(400);
    const { errors } = (await wrong.json()) as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path)).toEqual(["symbols", "mode", "channels"]);
    expect((await openStream({ hz: "5" })).status).toBe(400);
    const stream = await TestStream.open();
    const many = Array.from({ length: 501 }, (_, at) => `${newSymbol()}-${at}`);
    stream.say({ type: "subscribe", symbols: many.slice(0, 500) });
    await stream.find("subscribed");
    stream.say({ type: "subscribe", symbols: many.slice(500) });
    expect(await stream.find("error")).toMatchObject({ code: "too_many_symbols" });
  });

  it("ST-6 is sent no more than its window, over all rooms, until it acknowledges", async () => {
    const symbols = [newSymbol(), newSymbol()];
    for (const symbol of symbols) {
      for (let from = 0; from < 12_000; from += 4_000) await pushPoints(symbol, from, 4_000);
    }
    const stream = await TestStream.open();
    stream.say({ type: "subscribe", symbols: symbols.map((symbol) => ({ symbol, since: 0 })) });
    const counts = new Map(symbols.map((symbol) => [symbol as string, 0]));
    const take = async () => {
      const message = await stream.next();
      if (message.type !== "events") return message.type;
      counts.set(message.symbol, (counts.get(message.symbol) ?? 0) + message.events.length);
      return message.type;
    };
    // Fair: before one of them has been sent all, the other has been sent something.
    while (Math.max(...counts.values()) < 3_000) await take();
    expect(Math.min(...counts.values())).toBeGreaterThan(0);
    let caughtUp = 0;
    while (caughtUp < 2) {
      if ((await take()) === "caught_up") caughtUp += 1;
      if (stream.viewer.unread.length === 0) {
        stream.say({ type: "ack", messages: stream.received });
      }
    }
    expect([...counts.values()]).toEqual([12_000, 12_000]);
    stream.say({ type: "ack", messages: stream.received + 1 });
    expect(await stream.viewer.closedFor("acknowledgedUnsent")).toBe(true);
  });

  it("ST-8 takes another token while it is open, and what that does not cover goes", async () => {
    const [one, two] = [newSymbol(), newSymbol()];
    const stream = await TestStream.open(
      { symbols: `${one},${two}` },
      await tokenOf({ scope: "read", ends: "2s" }),
    );
    await stream.find("caught_up", two);
    stream.say({ type: "token", id: 1, token: "nonsense" });
    expect(await stream.find("error")).toMatchObject({ id: 1, code: "bad_token" });
    const token = await tokenOf({ scope: "read", symbols: [one] });
    stream.say({ type: "token", id: 2, token });
    const { expires_at_ms } = await stream.find("renewed");
    expect(expires_at_ms).toBeGreaterThan(Date.now() + 60_000);
    expect(await stream.find("error")).toMatchObject({ symbol: two, code: "forbidden" });
    await pushPoints(two, 1);
    await pushPoints(one, 2);
    await stream.points(one, 1);
    expect(stream.all.filter(({ type }) => type === "events")).toHaveLength(1);
  });

  it("A-3 A-4 ends with its token", async () => {
    const symbol = newSymbol();
    const ends = Math.floor(Date.now() / 1_000) + 1;
    const token = await tokenOf({ scope: "read", ends });
    const stream = await TestStream.open({ symbols: symbol }, token);
    await soon(() => expect(Date.now()).toBeGreaterThan(ends * 1_000));
    await runDurableObjectAlarm(streams());
    expect(await stream.viewer.closedFor("tokenExpired")).toBe(true);
  });

  it("H-2 is closed when it has been silent for 15 s, though it slept all the time", async () => {
    const symbol = newSymbol();
    const [silent, talker] = [
      await TestStream.open({ symbols: symbol }),
      await TestStream.open({ symbols: symbol }),
    ];
    for (const stream of [silent, talker]) await stream.find("caught_up", symbol);
    const startMs = Date.now();
    const clock = vi.spyOn(Date, "now").mockReturnValue(startMs + 14_000);
    talker.say({ type: "nonsense" });
    await talker.find("error");
    clock.mockRestore();
    // What was heard is written down before the object may sleep.
    await isWritten("streams", symbol);
    await evictDurableObject(streams());
    vi.spyOn(Date, "now").mockReturnValue(startMs + 16_000);
    await runDurableObjectAlarm(streams());
    expect(await silent.viewer.closedFor("silent")).toBe(true);
    await pushPoints(symbol, 1);
    expect((await talker.points(symbol, 1)).values).toEqual([1]);
  });

  it("ST-7 goes on across sleeps of its own and of the host", async () => {
    const [one, two] = [newSymbol(), newSymbol()];
    await pushPoints(one, 1);
    const stream = await TestStream.open({ symbols: `${one},${two},${one}-*` });
    await stream.find("caught_up", one);
    await stream.find("caught_up", two);
    const cursor = await pushPoints(one, 2);
    await stream.points(one, 1);
    await isWritten("streams", two);
    await isWritten("sent_through", String(cursor));
    await evictDurableObject(streams());
    await pushPoints(one, 3, 2);
    expect((await stream.points(one, 2)).values).toEqual([3, 4]);
    await isWritten("sent_through", String(await pushPoints(two, 1)));
    expect((await stream.points(two, 1)).values).toEqual([1]);
    await evictDurableObject(hostStubOf(one));
    await evictDurableObject(streams());
    await pushPoints(two, 2);
    expect((await stream.points(two, 1)).values).toEqual([2]);
    // Its pattern is known to the host and to itself as before.
    await pushPoints(`${one}-NEW`, 5);
    expect((await stream.points(`${one}-NEW`, 1)).values).toEqual([5]);
    await runDurableObjectAlarm(streams());
    await pushPoints(one, 6);
    expect((await stream.points(one, 1)).values).toEqual([6]);
  });

  it("ST-9 is told of its channels alone, and how far the room is", async () => {
    const symbol = newSymbol();
    await push("trades", { symbol, price: 5, size: 1 });
    await push("metrics", [
      { symbol, metric: "cpu_user", value: 1 },
      { symbol, metric: "load", value: 2 },
    ]);
    const stream = await TestStream.open({ symbols: symbol, channels: "metric:cpu*,position" });
    expect(await stream.find("welcome")).toMatchObject({ channels: ["metric:cpu*", "position"] });
    const snapshot = await stream.find("snapshot", symbol);
    expect(snapshot).toMatchObject({ metrics: [{ metric: "cpu_user" }], trade: null, bar: null });
    await push("trades", { symbol, price: 6, size: 1 });
    const both = await push("metrics", [
      { symbol, metric: "load", value: 3 },
      { symbol, metric: "cpu_user", value: 4 },
    ]);
    const { cursors } = (await both.json()) as { cursors: Record<string, number> };
    const { events, cursor } = await stream.find("events", symbol);
    expect(events).toMatchObject([{ metric: "cpu_user", value: 4 }]);
    expect(cursor).toBe(cursors[symbol]);
  });

  it("ST-12 in latest has long messages packed, and the others as they are", async () => {
    const names = Array.from({ length: 20 }, () => newSymbol());
    for (const name of names) await pushPoints(name, 1);
    const query = { symbols: names.join(","), mode: "latest", compress: "deflate-raw" };
    const stream = await TestStream.open(query);
    const values = new Map<string, number>();
    while (values.size < names.length) {
      for (const { symbol, events } of (await stream.find("latest")).rooms) {
        for (const event of events) if (event.kind === "metric") values.set(symbol, event.value);
      }
    }
    expect([...values.values()]).toEqual(names.map(() => 1));
    const { packed } = stream.viewer;
    expect(packed).toBeGreaterThan(0);
    stream.say({ type: "ack", messages: stream.received });
    await pushPoints(names[0] as string, 2);
    const next = await stream.find("latest");
    expect(next.rooms.flatMap(({ events }) => events)).toMatchObject([{ value: 2 }]);
    expect(stream.viewer.packed).toBe(packed);
  });

  it("ST-10 in latest has last values at a rate, the book as it is, and how much it skipped", async () => {
    const [one, two] = [newSymbol(), newSymbol()];
    await pushPoints(one, 1, 3);
    const stream = await TestStream.open({ symbols: `${one},${two}`, mode: "latest", hz: "2" });
    expect(await stream.find("welcome")).toMatchObject({ mode: "latest", hz: 2 });
    const whole = new Map<string, unknown[]>();
    while (whole.size < 2) {
      const { rooms, skipped } = await stream.find("latest");
      expect(skipped).toBe(0);
      for (const { symbol, events, whole: isWhole } of rooms) {
        expect(isWhole).toBe(true);
        whole.set(symbol, events);
      }
    }
    expect(whole.get(one)).toMatchObject([{ value: 3 }]);
    expect(whole.get(two)).toEqual([]);
    const level = (price: number, size: number): [number, number] => [price, size];
    for (let at = 1; at <= 5; at += 1) {
      await push("trades", { symbol: two, price: at, size: 1 });
      await push("books", {
        ...{ symbol: two, type: at === 1 ? "snapshot" : "diff" },
        ...{ bids: [level(10, at)], asks: [level(11, at)] },
      });
    }
    let told = 0;
    let last: { price?: number; size?: number | undefined; close?: number | undefined } = {};
    while (told < 10) {
      const { rooms, skipped } = await stream.find("latest");
      told += skipped;
      for (const { events, bars } of rooms) {
        told += events.length;
        if (bars !== undefined) last = { ...last, close: bars.at(-1)?.close };
        for (const event of events) {
          if (event.kind === "trade") last = { ...last, price: event.price };
          if (event.kind === "book") last = { ...last, size: event.bids[0]?.[1] };
        }
      }
    }
    expect([told, last]).toEqual([10, { price: 5, size: 5, close: 5 }]);
    stream.say({ type: "subscribe", symbols: [{ symbol: newSymbol(), since: 0 }] });
    expect(await stream.find("error")).toMatchObject({ code: "bad_message" });
  });

  it("ST-7 X-1 tells its clients to come back when the runtime ends", async () => {
    const stream = await TestStream.open({ symbols: newSymbol() });
    await stream.find("welcome");
    await (streams() as unknown as { sayGoodbye(): Promise<void> }).sayGoodbye();
    expect(await stream.viewer.closedFor("goingAway")).toBe(true);
  });
});
