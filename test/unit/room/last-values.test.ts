import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LastValuesFold } from "../../../durable/room/state/last-values.ts";
import { RoomState } from "../../../durable/room/state/room-state.ts";
import { decodeFrame, encodeFrames } from "../../../src/core/events/encode-events.ts";
import type {
  MetricEvent,
  PositionEvent,
  TapeEvent,
  TradeEvent,
} from "../../../src/protocol/events/event.ts";
import type { BarMessage } from "../../../src/protocol/socket/server-message.ts";
import { CURSOR_ORIGIN, type Cursor, type EpochUs } from "../../../src/protocol/words/time.ts";
import { oneRoom } from "./one-room.ts";
import { memorySql } from "./sqlite-port.ts";

const MINUTE_US = 60_000_000;
const START_US = 1_700_000_040_000_000;

function tradeAt(minute: number, price: number, size = 1): TradeEvent {
  return { kind: "trade", ts: (START_US + minute * MINUTE_US) as EpochUs, price, size };
}

function point(metric: string, value: number, at = 0, host?: string): MetricEvent {
  const labels = host === undefined ? {} : { labels: { host } };
  return { kind: "metric", ts: (START_US + at) as EpochUs, metric, value, ...labels };
}

function folded(events: readonly TapeEvent[]) {
  const fold = new LastValuesFold(null);
  const bars: BarMessage[] = [];
  for (const event of events)
    fold.apply(event, CURSOR_ORIGIN, { bar: (bar) => bars.push(bar), oldBar: () => undefined });
  return { fold, bars };
}

describe("B-3 INV-7 bars of the room", () => {
  it("are told when they close and when a late trade corrects them", () => {
    const { fold, bars } = folded([
      tradeAt(0, 10),
      tradeAt(0.5, 12),
      tradeAt(1, 11),
      tradeAt(0.2, 20, 5),
      tradeAt(0.1, 5),
      tradeAt(2, 9),
    ]);
    expect(
      bars.map(({ close, high, low, revision, trades }) => [close, high, low, revision, trades]),
    )
      // Minute 0 closes, is corrected twice, then minute 1 closes.
      .toEqual([
        [12, 12, 10, 0, 2],
        [12, 20, 10, 1, 3],
        [12, 20, 5, 2, 4],
        [11, 11, 11, 0, 1],
      ]);
    expect(fold.bar).toMatchObject({ open: 9, revision: 0 });
  });

  it("come too for a minute that had no trade until a late one", () => {
    const { bars } = folded([tradeAt(0, 10), tradeAt(3, 13), tradeAt(1, 11), tradeAt(1.5, 12)]);
    expect(
      bars.map(({ ts, close, revision }) => [(ts - START_US) / MINUTE_US, close, revision]),
    ).toEqual([
      [0, 10, 0],
      [1, 11, 0],
      [1, 12, 1],
    ]);
  });

  it("are kept for the newest 15 minutes with trades, and older ones are left alone", () => {
    const minutes = Array.from({ length: 20 }, (_, minute) => tradeAt(minute, minute));
    const { fold, bars } = folded([...minutes, tradeAt(4, 99), tradeAt(2.5, 99), tradeAt(6, 99)]);
    expect(bars.filter(({ close }) => close === 99)).toMatchObject([{ revision: 1, trades: 2 }]);
    expect(fold.toJSON().bars).toHaveLength(15);
  });
});

describe("S-2 the last values", () => {
  it("INV-9 are the latest by time; at one moment the later one wins", () => {
    const { fold } = folded([
      point("cpu", 1, 5, "a"),
      point("cpu", 2, 5, "a"),
      point("cpu", 3, 4, "a"),
      point("cpu", 4, 1, "b"),
      tradeAt(1, 10),
      tradeAt(1, 11),
      tradeAt(0, 12),
    ]);
    expect(fold.metrics.map(({ value }) => value)).toEqual([2, 4]);
    expect(fold.trade?.price).toBe(11);
  });

  it("drop the series longest without a point, by number and by size", () => {
    const { fold } = folded(Array.from({ length: 2_500 }, (_, at) => point(`m${at}`, at)));
    expect(fold.metrics).toHaveLength(2_000);
    expect(fold.metrics.at(-1)?.value).toBe(2_499);
    const wide = Array.from({ length: 1_000 }, (_, at) =>
      point(`m${at}`, at, 0, "\u0001".repeat(200)),
    );
    const json = JSON.stringify(folded(wide).fold);
    // A row of SQLite on Workers is 2 MB, and a character may be three bytes.
    expect(json.length).toBeLessThan(666_000);
    expect(folded(wide).fold.metrics.at(-1)?.value).toBe(999);
  });

  it("compare the last price with the first of 24 h, and add up their volume", () => {
    const hour = 60;
    const { fold } = folded([
      tradeAt(0, 50, 1),
      tradeAt(2 * hour, 100, 2),
      tradeAt(25 * hour, 110, 4),
    ]);
    expect(fold.dayVolume).toBe(6);
    expect(fold.dayChange).toEqual({ value: expect.closeTo(0.1, 12) });
    expect(folded([]).fold.dayChange).toEqual({ value: null, reason: "no_trade" });
  });

  it("are the same after they were written down anywhere on the way", () => {
    const event = fc.oneof(
      fc
        .record({ minute: fc.nat({ max: 30 }), price: fc.nat({ max: 9 }) })
        .map(({ minute, price }): TapeEvent => tradeAt(minute, price)),
      fc
        .record({ name: fc.constantFrom("a", "b"), at: fc.nat({ max: 5 }), value: fc.nat() })
        .map(({ name, at, value }): TapeEvent => point(name, value, at)),
    );
    fc.assert(
      fc.property(fc.array(event), fc.nat({ max: 40 }), (events, cut) => {
        const { fold } = folded(events.slice(0, cut));
        const again = new LastValuesFold(JSON.parse(JSON.stringify(fold)));
        for (const one of events.slice(cut)) again.apply(one, CURSOR_ORIGIN);
        expect(again.toJSON()).toEqual(folded(events).fold.toJSON());
      }),
    );
  });
});

describe("the room's memory", () => {
  const NOW_US = (START_US + 1) as EpochUs;

  it("B-3 gives each bar to the stretch of the log that made it, until all have it, and none after a wake", () => {
    const sql = memorySql();
    const { log, append } = oneRoom(sql, NOW_US);
    const memory = new RoomState(sql, log);
    const heads: Cursor[] = [log.head];
    for (let minute = 0; minute < 4; minute += 1) {
      append(encodeFrames([tradeAt(minute, minute)]));
      heads.push(log.head);
    }
    memory.foldToHead();
    const closes = (of: RoomState, from: number, to: number) =>
      of
        .barsOf(heads[from] ?? log.head, heads[to] ?? log.head)
        .map((text) => (JSON.parse(text) as BarMessage).close);
    expect(closes(memory, 0, 2)).toEqual([0]);
    expect(closes(memory, 0, 2)).toEqual([0]);
    memory.forgetBars(heads[2] ?? log.head);
    expect(closes(memory, 0, 2)).toEqual([]);
    expect(closes(memory, 3, 4)).toEqual([2]);
    const woken = new RoomState(sql, log);
    woken.foldToHead();
    expect(closes(woken, 4, 4)).toEqual([]);
  });
});

describe("points of frames", () => {
  it("are taken up where they stand as they are when they are read as JSON", () => {
    const labels = fc.constantFrom<(MetricEvent["labels"] | undefined)[]>(
      ...[undefined, { a: "1", b: "2" }, { b: "2", a: "1" }, { a: "1" }, { ["__proto__"]: "x" }],
      ...[{ a: 'quoted "' }, { ü: "é" }, { a: "}" }],
    );
    const value = fc.oneof(fc.constantFrom(0, -0, 1e21, 1.5e-7, -3), fc.double({ noNaN: true }));
    const read = fc
      .record({ metric: fc.constantFrom("m", "a\u0001b", "n\\"), labels, value, at: fc.nat(9) })
      .map(({ metric, labels, value, at }): TapeEvent => {
        const event = { kind: "metric", ts: (START_US + at) as EpochUs, metric, value } as const;
        return Number.isFinite(value) && labels !== undefined ? { ...event, labels } : event;
      })
      .filter((event) => event.kind === "metric" && Number.isFinite(event.value));
    const events = fc.oneof(
      read,
      fc.nat(5).map((at): TapeEvent => tradeAt(at, at)),
    );
    fc.assert(
      fc.property(fc.array(fc.array(events, { minLength: 1 }), { maxLength: 6 }), (commits) => {
        const sql = memorySql();
        const { log, append } = oneRoom(sql, START_US as EpochUs);
        const byJson = new LastValuesFold(null);
        for (const commit of commits) {
          const frames = encodeFrames(commit);
          append(frames);
          for (const { text } of frames) {
            for (const event of decodeFrame(text)) byJson.apply(event, log.head);
          }
        }
        const memory = new RoomState(sql, log).foldToHead().toJSON();
        expect(memory).toStrictEqual(byJson.toJSON());
      }),
    );
  });
});

describe("a wake", () => {
  it.each([
    { rows: 300, kept: true },
    { rows: 30, kept: false },
  ])("that looks at $rows rows of the log: is what it folded kept? $kept", ({ rows, kept }) => {
    const sql = memorySql();
    const { log, append } = oneRoom(sql, (START_US + 1) as EpochUs);
    for (let row = 0; row < rows; row += 1) append(encodeFrames([point("a", row, row)]));
    const woken = new RoomState(sql, log);
    woken.foldToHead();
    const [checkpoint] = sql.exec("SELECT through FROM checkpoints");
    expect(checkpoint?.["through"]).toBe(kept ? log.head : undefined);
    // And not with each event from now on.
    append(encodeFrames([point("a", 1, rows)]));
    woken.foldToHead();
    const [later] = sql.exec("SELECT through FROM checkpoints");
    expect(later).toEqual(checkpoint);
  });
});

describe("positions of the room", () => {
  const held = (at: number, quantity: number, account?: string): PositionEvent => ({
    kind: "position",
    ts: (START_US + at) as EpochUs,
    quantity,
    ...(account !== undefined && { account }),
  });

  it("are the newest of each account by event time; at one moment the last to arrive", () => {
    const { fold } = folded([
      held(5, 1),
      held(5, 2),
      held(3, 9),
      held(1, -4, "a"),
      held(2, 0, "a"),
    ]);
    expect(fold.positions).toEqual([held(5, 2), held(2, 0, "a")]);
    const woken = new LastValuesFold(JSON.parse(JSON.stringify(fold)));
    woken.apply(held(4, 8), CURSOR_ORIGIN);
    expect(woken.positions).toEqual(fold.positions);
  });

  it("are none, and no book, in a fold that was written down before there were any", () => {
    const { positions: _, book: __, ...older } = new LastValuesFold(null).toJSON();
    expect(new LastValuesFold(older).positions).toEqual([]);
    expect(new LastValuesFold(older).book).toBeNull();
  });

  it("are kept for 2,000 accounts: the one longest without an event goes, and that is said", () => {
    const events = [
      ...Array.from({ length: 2_000 }, (_, at) => held(at + 10, 0, `a${at}`)),
      held(11, 7, "a0"),
    ];
    expect(folded(events).fold.truncated).toBeNull();
    const { fold } = folded([...events, held(20_000, 0, "new")]);
    const accounts = fold.positions.map(({ account }) => account);
    expect(accounts).toHaveLength(2_000);
    expect(fold.truncated).toEqual({ positions: 2_000 });
    expect(accounts).not.toContain("a1");
    expect(accounts.slice(-2)).toEqual(["a0", "new"]);
  });

  it("R-1 of an account that was let go are not taken for the newest where they may be older", () => {
    const { fold } = folded([
      ...Array.from({ length: 2_001 }, (_, at) => held(at + 10, 0, `a${at}`)),
      held(9, 5, "a0"),
    ]);
    expect(fold.positions.some(({ account }) => account === "a0")).toBe(false);
    const later = folded([
      ...Array.from({ length: 2_001 }, (_, at) => held(at + 10, 0, `a${at}`)),
      held(11, 5, "a0"),
    ]);
    expect(later.fold.positions.at(-1)).toMatchObject({ account: "a0", quantity: 5 });
  });
});
