import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TradeWindow } from "../../../durable/room/append/trade-window.ts";
import { DoubtfulHours, hoursOfRepeats } from "../../../durable/room/state/doubtful-hours.ts";
import { LastValuesFold } from "../../../durable/room/state/last-values.ts";
import { RoomState } from "../../../durable/room/state/room-state.ts";
import { encodeFrame, encodeFrames, tradeKey } from "../../../src/core/events/encode-events.ts";
import { HOUR_US } from "../../../src/core/time/duration.ts";
import type { TradeEvent } from "../../../src/protocol/events/event.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { oneRoom } from "./one-room.ts";
import { memorySql } from "./sqlite-port.ts";

const NOW_US = 1_700_000_000_000_000 as EpochUs;

function trade(ts: number, id = `t${ts}`): TradeEvent {
  return { kind: "trade", ts: ts as EpochUs, price: 1, size: 1, id };
}

function pushed(window: TradeWindow, trades: readonly TradeEvent[]) {
  return window.filter(encodeFrames(trades), trades.map(tradeKey));
}

describe("a window of trades", () => {
  it("I-7: doubts each trade that it took and has forgotten, and none that is later than all of those", () => {
    const anyTs = fc.integer({ min: 1, max: 50 });
    const anyStep = fc.record({
      trades: fc.array(anyTs, { maxLength: 8 }),
      kept: fc.integer({ min: 0, max: 6 }),
    });
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 12 }), (steps) => {
        const window = new TradeWindow();
        const taken = new Set<number>();
        let known: number[] = [];
        let forgottenUs = 0;
        for (const { trades, kept } of steps) {
          for (const ts of trades) {
            const isRepeat = known.includes(ts);
            const { repeated, doubtfulUs } = pushed(window, [trade(ts)]);
            expect(repeated).toBe(isRepeat ? 1 : 0);
            expect(doubtfulUs).toEqual(!isRepeat && ts <= forgottenUs ? [ts] : []);
            // What it had is either known, or in doubt.
            if (taken.has(ts)) expect(repeated + doubtfulUs.length).toBe(1);
            taken.add(ts);
            if (!isRepeat) known.push(ts);
          }
          window.trim(kept);
          const forgotten = known.slice(0, Math.max(0, known.length - kept));
          known = known.slice(forgotten.length);
          forgottenUs = Math.max(forgottenUs, ...forgotten);
        }
      }),
    );
  });

  it("I-7: doubts what is no later than the trades that it begins with", () => {
    const window = new TradeWindow();
    window.learn([trade(7), trade(9), trade(8)]);
    window.beginAt(5 as Cursor);
    expect(pushed(window, [trade(9), trade(9, "another"), trade(10)])).toMatchObject({
      ...{ repeated: 1, doubtfulUs: [9] },
    });
    const empty = new TradeWindow();
    empty.beginAt(5 as Cursor);
    expect(pushed(empty, [trade(5), trade(6)]).doubtfulUs).toEqual([5]);
    expect(pushed(new TradeWindow(), [trade(1)]).doubtfulUs).toEqual([]);
  });
});

describe("a room that has woken", () => {
  const points = (count: number) =>
    encodeFrames(
      Array.from({ length: count }, (_, at) => ({
        ...{ kind: "metric" as const, ts: (NOW_US + at) as EpochUs, metric: "m", value: at },
        labels: {},
      })),
    );
  const awake = (pointsBehind: number) => {
    const sql = memorySql();
    const { log, append } = oneRoom(sql, NOW_US);
    append([encodeFrame([trade(NOW_US - 5)])]);
    append(points(pointsBehind));
    return new RoomState(sql, log).tradeWindow();
  };

  it("I-7: doubts a trade that came before the newest events, of which none need be a trade", () => {
    expect(pushed(awake(10_000), [trade(NOW_US - 5)])).toMatchObject({
      ...{ repeated: 0, doubtfulUs: [NOW_US - 5] },
    });
  });

  it("I-7: doubts nothing where it has read all that ever came", () => {
    const window = awake(100);
    expect(pushed(window, [trade(NOW_US - 9)])).toMatchObject({ repeated: 0, doubtfulUs: [] });
    expect(pushed(window, [trade(NOW_US - 5)])).toMatchObject({ repeated: 1, doubtfulUs: [] });
  });

  it("I-7: has the last trade of its moment again once it is told, and a later one stays", () => {
    const [first, last] = [trade(7, "first"), trade(7, "last")];
    const fold = new LastValuesFold(null);
    for (const each of [first, last, first]) fold.apply(each, 1 as Cursor);
    expect(fold.trade).toEqual(first);
    fold.correctHours(new Map(), last);
    expect(fold.trade).toEqual(last);
    fold.apply(trade(8), 2 as Cursor);
    fold.correctHours(new Map(), last);
    expect(fold.trade).toEqual(trade(8));
  });
});

describe("hours in doubt", () => {
  const hour = (at: number) => (NOW_US - (NOW_US % HOUR_US) + at * HOUR_US) as EpochUs;

  it("are due once Postgres has the first trade, and over once it has the last", () => {
    const sql = memorySql();
    const { log, append } = oneRoom(sql, NOW_US);
    const doubts = new DoubtfulHours(sql, log);
    append([encodeFrame([trade(1)])]);
    const first = log.head;
    doubts.note([hour(0)]);
    append([encodeFrame([trade(2)])]);
    doubts.note([hour(0), hour(1)]);
    expect(doubts.due((first - 1) as Cursor)).toEqual([]);
    expect(doubts.due(first)).toEqual([hour(0)]);
    doubts.settled([hour(0)], first);
    expect(doubts.due(first)).toEqual([]);
    expect(doubts.due(log.head)).toEqual([hour(0), hour(1)]);
    doubts.settled([hour(0), hour(1)], log.head);
    expect(doubts.due(log.head)).toEqual([]);
  });

  it("outlive the host, and are then as late in the log as they can be", () => {
    const sql = memorySql();
    const { log, append } = oneRoom(sql, NOW_US);
    append([encodeFrame([trade(1)])]);
    new DoubtfulHours(sql, log).note([hour(0)]);
    append([encodeFrame([trade(2)])]);
    const awake = new DoubtfulHours(sql, log);
    expect(awake.due((log.head - 1) as Cursor)).toEqual([]);
    expect(awake.due(log.head)).toEqual([hour(0)]);
    awake.settled([hour(0)], log.head);
    expect(new DoubtfulHours(sql, log).due(log.head)).toEqual([]);
  });

  it("are at most those of a day, the newest", () => {
    const sql = memorySql();
    const { log, append } = oneRoom(sql, NOW_US);
    append([encodeFrame([trade(1)])]);
    const doubts = new DoubtfulHours(sql, log);
    doubts.note(Array.from({ length: 30 }, (_, at) => hour(at)));
    expect(doubts.due(log.head).sort()).toEqual(
      Array.from({ length: 24 }, (_, at) => hour(at + 6)),
    );
  });

  it("are those of trades with an id that an earlier life may have had", () => {
    const { ts, id: _, ...unnamed } = trade(hour(2));
    const events = [trade(hour(0)), trade(hour(1) + 5), trade(hour(3)), { ...unnamed, ts }];
    const frames = events.map((event) => ({ ...encodeFrame([event]), cursor: 1 as Cursor }));
    expect([...hoursOfRepeats(frames, hour(2))]).toEqual([hour(0), hour(1)]);
  });
});
