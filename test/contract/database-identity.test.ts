import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SeriesIdCache } from "../../src/db/store/series-ids.ts";
import { storeFrames } from "../../src/db/store/store-frames.ts";
import { readIdentity, writeReplacement } from "../../src/db/upkeep/database-identity.ts";
import { readMemory } from "../../src/db/upkeep/read-memory.ts";
import type { Cursor, EpochUs } from "../../src/protocol/time.ts";
import { type TestDatabase, testDatabaseKinds } from "./databases.ts";
import { at, frame, freshSymbol, metric, position, room, trade } from "./events.ts";

describe.each(testDatabaseKinds())("S-8 the identity of a database on $name", (kind) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await kind.openMigrated();
  });
  afterAll(() => database.close());

  it("comes with whatever has a time of its own and is stored", async () => {
    const { db } = database;
    const identity = await readIdentity(db);
    expect(identity).toMatch(/^[0-9a-f-]{36}$/);
    const nowUs = at(Date.now() * 1_000);
    const stored = async (event: Parameters<typeof frame>[1]) =>
      (await storeFrames(db, [room(freshSymbol(), frame(1, event))], new SeriesIdCache())).identity;
    expect(await stored(metric("m", nowUs, 1))).toBe(identity);
    expect(await stored(trade(nowUs, 1, 1))).toBe(identity);
    expect(await stored(position(nowUs, 1))).toBeNull();
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
});
