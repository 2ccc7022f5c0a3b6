import { expect, it } from "vitest";
import { readFrames, readFramesOfMany } from "../../../src/db/events/read-frames.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { retainAlerts } from "../../../src/db/upkeep/retain-alerts.ts";
import { retainLogs } from "../../../src/db/upkeep/retain-logs.ts";
import { retain } from "../../../src/db/upkeep/retention.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import { testDatabaseKinds } from "../databases.ts";
import * as make from "../events.ts";
import { keepDatabase } from "../kept-database.ts";

const DAY = 86_400_000_000;
const { at, cursorAt, frame, freshSymbol, room } = make;

/** An event of each kind that retention drops, and how old it is here. Of the last week log lines have a table a day. */
const KINDS: [kind: string, ageDays: number, of: (ts: number) => TapeEvent][] = [
  ["points", 20, (ts) => make.metric("m", ts, 1)],
  ["trades", 20, (ts) => make.trade(ts, 1, 1)],
  ["books", 20, (ts) => make.bookSample(ts, [[1, 1]], [[2, 1]])],
  ["orders", 20, (ts) => make.order(ts, `${ts}`, "filled")],
  ["alerts", 20, (ts) => make.alert(ts, "r", { from: "firing", state: "inactive" })],
  ["log lines", 5, (ts) => make.line(ts, "e")],
  ["log lines of long ago", 300, (ts) => make.line(ts, "e")],
];

it.each(testDatabaseKinds())(
  "S-10 the newest cursor of what was dropped of a symbol is known, however late it came, on $name",
  async ({ openMigrated }) => {
    const database = await keepDatabase(await openMigrated());
    const { db, clock } = database;
    const kept = make.position(clock.nowUs, 1);
    const rooms = KINDS.map(([kind, ageDays, of]) => ({
      kind,
      ageDays,
      of,
      symbol: freshSymbol(),
    }));
    const range = { after: cursorAt(0), upTo: cursorAt(clock.nowUs) };
    const replays = () =>
      Promise.all(rooms.map(({ symbol }) => readFrames(db, { symbol, ...range, maxEvents: 100 })));
    await storeFrames(
      db,
      rooms.map(({ symbol, of, ageDays }) => {
        const oldUs = Math.floor(clock.nowUs - ageDays * DAY);
        return room(
          symbol,
          frame(100, of(oldUs + 2)),
          frame(200, of(oldUs + 1)),
          // It came last, and is the oldest.
          frame(300, of(oldUs), kept),
          frame(400, of(clock.nowUs - 60_000_000)),
        );
      }),
      new SeriesIdCache(),
    );
    const told = (all: readonly { expiredThrough: unknown }[]) =>
      all.map(({ expiredThrough }, nth) => [rooms[nth]?.kind, expiredThrough]);
    expect(told(await replays())).toEqual(rooms.map(({ kind }) => [kind, null]));

    expect(await database.keep()).toBe("up_to_date");
    await retain(db, at(clock.nowUs), { rawDays: 7, minutesDays: 365 });
    await retainLogs(db, at(clock.nowUs), 3);
    await retainAlerts(db, at(clock.nowUs), 7);

    const after = await replays();
    expect(told(after)).toEqual(rooms.map(({ kind }) => [kind, 300]));
    for (const { frames } of after) {
      expect(frames.map(({ cursor }) => cursor)).toEqual([300, 400]);
      expect(frames[0]?.events).toEqual([kept]);
    }
    // Of many together each is told its own, and one of which nothing was dropped nothing.
    const asked = [...rooms.map(({ symbol }) => symbol), freshSymbol()];
    const many = await readFramesOfMany(
      db,
      asked.map((symbol) => ({ symbol, ...range })),
      100,
    );
    expect(many?.slice(0, -1)).toEqual(after);
    expect(many?.at(-1)).toEqual({ frames: [], complete: true, expiredThrough: null });
    await database.close();
  },
);
