import { expect, it } from "vitest";
import type { Database } from "../../../src/db/driver/database.ts";
import { DatabaseError } from "../../../src/db/driver/database-error.ts";
import { lookAtDatabase, lookedAtDatabase } from "../../../src/reads/database-look.ts";
import { FakeTime } from "../room/fake-time.ts";

/** A database that is away, which it says 5 ms after it was asked. */
function awayDatabase() {
  const seen = { asked: 0, atOnce: 0, most: 0 };
  const ask = async (): Promise<never> => {
    seen.asked += 1;
    seen.atOnce += 1;
    seen.most = Math.max(seen.most, seen.atOnce);
    await new Promise((resolve) => setTimeout(resolve, 5));
    seen.atOnce -= 1;
    throw new DatabaseError(new TypeError("fetch failed"));
  };
  return { seen, db: { query: ask, transaction: ask } satisfies Database };
}

function sourcesOf(db: Database) {
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  return {
    ...{ db, limitBytes: 0, clock: { nowMs: () => performance.now(), wait } },
    ...{ gone: new AbortController().signal, met: async () => {}, failed: () => {} },
  };
}

it("L-20 whoever asks at once shares a few looks at the database, so that no crowd opens a connection each", async () => {
  for (const look of [lookAtDatabase, lookedAtDatabase]) {
    const { seen, db } = awayDatabase();
    const looks = await Promise.all(Array.from({ length: 300 }, () => look(sourcesOf(db))));
    expect(looks.every(({ isReachable }) => !isReachable)).toBe(true);
    expect(seen.most).toBeLessThanOrEqual(4);
    expect(seen.asked).toBeLessThan(12);
  }
});

it("whoever may read is told what the database says now, and others what it said a short while ago", async () => {
  const { seen, db } = awayDatabase();
  const sources = sourcesOf(db);
  await lookAtDatabase(sources);
  await lookedAtDatabase(sources);
  expect(seen.asked).toBe(1);
  await lookAtDatabase(sources);
  expect(seen.asked).toBe(2);
});

it("one that has gone in the middle of a look holds nobody up", async () => {
  const gone = new AbortController();
  const never: Database = {
    query: () => new Promise(() => {}),
    transaction: () => new Promise(() => {}),
  };
  const stuck = Array.from({ length: 4 }, () =>
    lookAtDatabase({ ...sourcesOf(never), gone: gone.signal }),
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  gone.abort();
  const { db } = awayDatabase();
  Object.assign(never, db);
  expect((await lookAtDatabase(sourcesOf(never))).isReachable).toBe(false);
  expect(stuck).toHaveLength(4);
});

it("L-27 one that says nothing is told as such in 2 s, and what it says later is for who asks next", async () => {
  const answer = Promise.withResolvers<never>();
  const frozen: Database = { query: () => answer.promise, transaction: () => answer.promise };
  const time = new FakeTime();
  const { nowMs, wait } = time;
  const sources = { ...sourcesOf(frozen), clock: { nowMs, wait } };
  // More than look at once: those that wait for the others are answered as soon.
  const looks = Array.from({ length: 6 }, () => lookAtDatabase(sources));
  let answered = 0;
  for (const look of looks) void look.then(() => (answered += 1));
  await time.pass(1_900);
  expect(answered).toBe(0);
  await time.pass(200);
  expect(answered).toBe(6);
  for (const look of looks) {
    expect(await look).toMatchObject({ isReachable: false, reason: "timeout" });
  }
  answer.reject(new DatabaseError(new TypeError("fetch failed")));
  await time.pass(1);
  expect(await lookedAtDatabase(sources)).toMatchObject({ isReachable: false, reason: "away" });
});

it("L-27 looks that end without a word hold up nobody once the database is there again", async () => {
  const frozen: Database = {
    query: () => new Promise(() => {}),
    transaction: () => new Promise(() => {}),
  };
  const time = new FakeTime();
  const { nowMs, wait } = time;
  const sources = { ...sourcesOf(frozen), clock: { nowMs, wait } };
  const looks = Array.from({ length: 6 }, () => lookAtDatabase(sources));
  await time.pass(2_100);
  expect((await Promise.all(looks)).every(({ reason }) => reason === "timeout")).toBe(true);
  const answer = () => Promise.reject(new DatabaseError(new TypeError("fetch failed")));
  Object.assign(frozen, { query: answer, transaction: answer });
  await time.pass(1_000);
  const look = lookAtDatabase(sources);
  await time.pass(100);
  expect(await look).toMatchObject({ reason: "away" });
});
