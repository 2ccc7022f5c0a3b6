import { expect, it } from "vitest";
import { EarlierLifeSearch } from "../../../../durable/room/past/earlier-life.ts";

/** A search whose first attempts fail with these; pauses end when somebody asks. */
function search(failures: { error: unknown; cause: "passing" | "refused" | "bug" }[]) {
  const log = { isPending: true, isPlaced: true };
  const told: unknown[] = [];
  let stores = 0;
  const earlier = new EarlierLifeSearch({
    log,
    askPlace: async () => "postgres",
    beginFromNothing: () => undefined,
    place: async () => undefined,
    begin: async () => {
      if (failures[0] !== undefined) throw failures[0].error;
      log.isPending = false;
    },
    mayStoreNow: () => {
      stores += 1;
    },
    causeOf: () => failures.shift()?.cause ?? "bug",
    failed: (error) => told.push(error),
    wait: () => new Promise(() => undefined),
    random: () => 0.5,
    keepAwake: () => undefined,
  });
  return { known: () => earlier.known((attempt) => attempt), earlier, told, stores: () => stores };
}

it("S-7 while Postgres is away it is not known what was before, and then it is", async () => {
  const { known, told } = search([{ error: "away", cause: "passing" }]);
  expect(await known()).toBe(false);
  expect(await known()).toBe(true);
  expect(told).toEqual(["away"]);
});

it("S-7 L-9 a bug is told to whoever asks, as what it is, and looked past once it is gone", async () => {
  const bug = new TypeError("x is undefined");
  const { known, earlier, told } = search([
    { error: bug, cause: "bug" },
    { error: bug, cause: "bug" },
  ]);
  await expect(known()).rejects.toBe(bug);
  await expect(known()).rejects.toBe(bug);
  expect(earlier.mayStore).toBe(true);
  expect(await known()).toBe(true);
  expect(told).toEqual([bug, bug]);
});

it("S-7 what Postgres will never say holds nothing up", async () => {
  const { known, earlier, stores } = search([{ error: "refused", cause: "refused" }]);
  expect(await known()).toBe(false);
  expect([earlier.mayStore, stores()]).toEqual([true, 1]);
});

it("S-7 knows whether somebody waits for it: a viewer does, and a push that only has it look does not", async () => {
  const { earlier } = search([{ error: "away", cause: "passing" }]);
  const answer = Promise.withResolvers<void>();
  const seen: boolean[] = [];
  seen.push(earlier.isAwaited);
  earlier.kick();
  seen.push(earlier.isAwaited);
  const waiting = earlier.known(() => answer.promise);
  seen.push(earlier.isAwaited);
  answer.resolve();
  await waiting;
  seen.push(earlier.isAwaited);
  expect(seen).toEqual([false, false, true, false]);
});
