import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alertEventOf } from "../../../src/core/alerts/alert-change.ts";
import { compileRule } from "../../../src/core/alerts/compiled-rule.ts";
import { SymbolAlerts } from "../../../src/core/alerts/symbol-alerts.ts";
import { encodeFrame } from "../../../src/core/events/encode-events.ts";
import { readAlertChanges } from "../../../src/db/events/read-alerts.ts";
import { readEarlierAlerts } from "../../../src/db/events/read-earlier-alerts.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { type StoredFrame, storeFrames } from "../../../src/db/store/store-frames.ts";
import { retainAlerts } from "../../../src/db/upkeep/retain-alerts.ts";
import type { AlertRule } from "../../../src/protocol/alerts/rule.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import { backtest } from "../../../src/reads/alerts/backtest.ts";
import type { Sources } from "../../../src/reads/sources.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { alert, at, cursorAt, frame, freshSymbol, NOON_US, room } from "../events.ts";

const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;
const RULE: AlertRule = {
  ...{ name: "high", symbols: "*", on: { price: "last" }, condition: { above: 5 } },
  ...{ for: "3s", keep_firing_for: "1s" },
};

describe.each(testDatabaseKinds())("alerts on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  it("AL-12 a backtest says what was said live, of Postgres and the newest part together", async () => {
    const symbol = freshSymbol();
    const live = new SymbolAlerts(symbol, [compileRule(RULE)]);
    const changes = live.begin([compileRule(RULE)], { events: [], book: null }, NOON_US);
    const frames: StoredFrame[] = [];
    for (let second = 1; second < 60; second += 1) {
      const cursor = NOON_US + second * SECOND;
      // Some are late, and say nothing of now.
      const ts = second % 7 === 0 ? cursor - 3 * SECOND : cursor - 1_000;
      const price = (second * 7) % 11;
      const trade: TapeEvent = { kind: "trade", ts: at(ts), price, size: 1, id: `${second}` };
      changes.push(...live.observe([trade], cursor));
      frames.push(frame(cursor, trade));
    }
    changes.push(...live.advance(NOON_US + 90 * SECOND));
    await storeFrames(database.db, [room(symbol, ...frames.slice(0, 40))], ids);
    const tail = {
      ...{
        storedThrough: cursorAt(frames[39]?.cursor ?? 0),
        cursor: cursorAt(frames.at(-1)?.cursor ?? 0),
      },
      frames: frames
        .slice(40)
        .map(({ cursor, events }) => ({ cursor, text: encodeFrame(events).text })),
    };
    const rooms = { hostOf: () => ({ readTail: async () => tail }) };
    const sources = { rooms, db: database.db, correlationId: "c" } as unknown as Sources;
    const range = { fromUs: at(NOON_US), toUs: at(NOON_US + 90 * SECOND) };
    const answer = await backtest(sources, { rule: RULE, symbols: [symbol], ...range });
    expect(answer).toMatchObject({ events: 59, complete: true, through: range.toUs });
    expect(answer.changes.length).toBeGreaterThan(5);
    expect(answer.changes.map(({ symbol: _, ...rest }) => ({ kind: "alert", ...rest }))).toEqual(
      changes.map((change) => alertEventOf(change, "warning")),
    );
  });

  it("AL-10 AL-11 tells what alerts have done, and which fire by it", async () => {
    const symbol = freshSymbol();
    const series = 'm{a="b"}';
    const firing = alert(NOON_US + 2, "r", { from: "pending", series, value: -0.5 });
    const events = [
      alert(NOON_US + 1, "r", { state: "pending", series, value: 1 }),
      firing,
      alert(NOON_US + 2, "s"),
      alert(NOON_US + 3, "s", { from: "firing", state: "inactive" }),
    ];
    await storeFrames(database.db, [room(symbol, frame(10, ...events))], ids);
    expect(await readEarlierAlerts(database.db, symbol)).toEqual([firing]);
    const asked = { symbols: [symbol], rule: null, fromUs: at(NOON_US), toUs: at(NOON_US + 9) };
    const first = await readAlertChanges(database.db, { ...asked, after: null, limit: 3 });
    expect(first.map(({ event }) => event)).toEqual([events[3], events[2], events[1]]);
    const after = first.at(-1)?.place ?? null;
    const rest = await readAlertChanges(database.db, { ...asked, rule: "r", after, limit: 3 });
    expect(rest.map(({ event }) => event)).toEqual([events[0]]);
  });

  it("AL-14 are kept by whole days, and of what still fires everything since it was at rest", async () => {
    const symbol = freshSymbol();
    const old = NOON_US - 20 * DAY;
    const pending = { state: "pending" } as const;
    const firing = { from: "pending", state: "firing" } as const;
    const ended = { from: "firing", state: "inactive" } as const;
    const changes = [
      // It fires since then, after it had ended twice, once within a commit.
      ...[alert(old, "lasting", pending), alert(old, "lasting", { ...ended, from: "pending" })],
      ...[alert(old + 1, "lasting"), alert(old + 2, "lasting", ended)],
      ...[alert(old + 3, "lasting", pending), alert(old + 4, "lasting", firing)],
      // One series is over, the other is not.
      ...[alert(old, "by", { series: "m" }), alert(old, "by", { series: "n" })],
      alert(old + 5, "by", { series: "n", ...ended }),
      // It ended on a day that is kept: what is older of it goes.
      ...[alert(old + 6, "over"), alert(NOON_US - DAY, "over", ended)],
      // A day that has only begun to be too old is kept whole.
      ...[alert(NOON_US - 7 * DAY - 1, "edge"), alert(NOON_US - 7 * DAY, "edge", ended)],
    ];
    // As a room stores them: a frame for each commit.
    const byTs = Map.groupBy(changes, ({ ts }) => ts);
    const frames = [...byTs].sort(([a], [b]) => a - b).map(([ts, of]) => frame(ts, ...of));
    await storeFrames(database.db, [room(symbol, ...frames)], ids);
    const left = async () => {
      const range = { fromUs: at(old), toUs: at(NOON_US + DAY) };
      const asked = { symbols: [symbol], rule: null, after: null, limit: 100 };
      const kept = await readAlertChanges(database.db, { ...asked, ...range });
      return kept.map(({ event: { rule, state, series } }) => [rule, state, series]).reverse();
    };
    const all = await left();
    expect(all).toHaveLength(changes.length);
    await retainAlerts(database.db, at(NOON_US), 0);
    expect(await left()).toEqual(all);
    const expected = [
      ["by", "firing", "m"],
      ...[["lasting", "pending", undefined] as const, ["lasting", "firing", undefined] as const],
      ...[["edge", "firing", undefined] as const, ["edge", "inactive", undefined] as const],
      ["over", "inactive", undefined],
    ];
    expect(await retainAlerts(database.db, at(NOON_US), 7)).toEqual({ alertChangesDropped: 7 });
    expect(await left()).toEqual(expected);
    expect((await readEarlierAlerts(database.db, symbol)).map(({ rule }) => rule)).toEqual([
      "by",
      "lasting",
    ]);
    expect(await retainAlerts(database.db, at(NOON_US), 7)).toEqual({ alertChangesDropped: 0 });
  });
});
