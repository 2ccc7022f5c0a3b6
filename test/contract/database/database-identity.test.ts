import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readIdentity } from "../../../src/db/driver/identity.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { writeReplacement } from "../../../src/db/upkeep/database-identity.ts";
import { readMemory } from "../../../src/db/upkeep/read-memory.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import {
  at,
  bookDiff,
  bookSample,
  frame,
  freshSymbol,
  metric,
  note,
  order,
  position,
  room,
  trade,
} from "../events.ts";

describe.each(testDatabaseKinds())("S-8 the identity of a database on $name", (kind) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await kind.openMigrated();
  });
  afterAll(() => database.close());

  it("comes with whatever is stored", async () => {
    const { db } = database;
    const identity = await readIdentity(db);
    expect(identity).toMatch(/^[0-9a-f-]{36}$/);
    const nowUs = at(Date.now() * 1_000);
    const stored = async (event: Parameters<typeof frame>[1]) =>
      (await storeFrames(db, [room(freshSymbol(), frame(1, event))], new SeriesIdCache())).identity;
    expect(await stored(metric("m", nowUs, 1))).toBe(identity);
    expect(await stored(trade(nowUs, 1, 1))).toBe(identity);
    expect(await stored(position(nowUs, 1))).toBe(identity);
    expect(await stored(bookSample(nowUs, [[1, 1]], [[2, 1]]))).toBe(identity);
    expect(await stored(bookDiff(nowUs, [[1, 1]], []))).toBeNull();
  });

  it("is what a replacement is noted under, and no other database's", async () => {
    const { db } = database;
    const identity = await readIdentity(db);
    expect((await readMemory(db)).replacement).toBeNull();
    const replacement = { sinceUs: 1_700_000_000_000_001 as EpochUs, rooms: 3, lostTo: null };
    await writeReplacement(db, "00000000-0000-4000-8000-000000000000", replacement);
    expect((await readMemory(db)).replacement).toBeNull();
    await writeReplacement(db, identity, replacement);
    expect(await readMemory(db)).toMatchObject({ identity, replacement });
    const lost = { ...replacement, lostTo: 1_700_000_000_000_000 as Cursor };
    await writeReplacement(db, identity, lost);
    expect((await readMemory(db)).replacement).toEqual(lost);
  });

  const nowUs = at(Date.now() * 1_000);
  /** Copies of one template are one database, as a backup is that was put back. */
  const openOther = async () => {
    const other = await kind.openMigrated();
    await other.db.query("update tape_state set identity = gen_random_uuid()", []);
    return other;
  };

  it("S-8 nothing is stored under ids of the database that was there a moment ago", async () => {
    const other = await openOther();
    try {
      const ids = new SeriesIdCache();
      const [mine, theirs] = [freshSymbol(), freshSymbol()];
      const all = (symbol: SymbolName, from: number) =>
        room(
          symbol,
          frame(from, metric("m", nowUs, from), trade(nowUs, from, 1)),
          frame(from + 1, position(nowUs, from), bookSample(nowUs, [[from, 1]], [])),
          frame(from + 2, order(nowUs, `${from}`, "sent"), note(nowUs, `${from}`)),
        );
      await storeFrames(database.db, [all(mine, 1)], ids);
      // There the same ids are those of another symbol, and of another series.
      await storeFrames(other.db, [all(theirs, 11)], new SeriesIdCache());
      const { identity } = await storeFrames(other.db, [all(mine, 21)], ids);
      expect(identity).toBe(await readIdentity(other.db));
      const rowsOf = async (table: string, value: string) => {
        const of = table === "points" ? "join series s on s.id = t.series_id" : "";
        const rows = await other.db.query(
          `select y.symbol, ${value} as value from ${table} t ${of}
           join symbols y on y.id = ${of === "" ? "t" : "s"}.symbol_id where y.symbol = any ($1::text[]) order by 2`,
          [`{${mine},${theirs}}`],
        );
        return rows.map((row) => [row["symbol"], row["value"]]);
      };
      const right = [
        [theirs, 11],
        [mine, 21],
      ];
      expect(await rowsOf("points", "t.value")).toEqual(right);
      expect(await rowsOf("trades_live", "t.price")).toEqual(right);
      expect(await rowsOf("position_states", "t.quantity")).toEqual(right);
      expect(await rowsOf("books", "t.bid_prices[1]")).toEqual(right);
      expect(await rowsOf("order_states", "t.order_id::int4")).toEqual(right);
      expect(await rowsOf("order_lives", "t.order_id::int4")).toEqual(right);
      expect(await rowsOf("symbol_notes", "t.text::int4")).toEqual(right);
      // And back: the ids of the first are not taken for those of the second.
      await storeFrames(database.db, [all(freshSymbol(), 31)], ids);
    } finally {
      await other.close();
    }
  });

  it("S-8 a database that is replaced while names are looked up gets its own ids", async () => {
    const other = await openOther();
    try {
      const ids = new SeriesIdCache();
      const [old, fresh] = [freshSymbol(), freshSymbol()];
      await storeFrames(database.db, [room(old, frame(1, metric("m", nowUs, 1)))], ids);
      await storeFrames(
        other.db,
        [room(old, frame(2, metric("m", nowUs, 2))), room(fresh, frame(3, metric("m", nowUs, 3)))],
        ids,
      );
      const rows = await other.db.query(
        `select y.symbol, p.value from points p join series s on s.id = p.series_id
         join symbols y on y.id = s.symbol_id order by 2`,
        [],
      );
      expect(rows.map(({ symbol, value }) => [symbol, value])).toEqual([
        [old, 2],
        [fresh, 3],
      ]);
    } finally {
      await other.close();
    }
  });
});
