import { describe, expect, it } from "vitest";
import { KnownRequests } from "../../../../durable/host/append/known-requests.ts";
import type { RoomId } from "../../../../durable/host/log/host-log.ts";
import type { KnownPart } from "../../../../durable/host/log/keys/known-request.ts";
import type { HadPart, HostBatch } from "../../../../src/bindings/host.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";

const SYMBOLS = ["A", "B"] as SymbolName[];
const [A, B] = SYMBOLS as [SymbolName, SymbolName];
const REQUEST = { key: "k", fingerprint: "body" };

function batch(correlationId: string, isKeyed: boolean): HostBatch {
  return {
    rooms: SYMBOLS.map((symbol) => ({ symbol, frames: [] })),
    ...{ holder: "somebody", correlationId, ...(isKeyed && { idempotency: REQUEST }) },
  };
}

const partOfA = (rooms: readonly RoomId[]): KnownPart =>
  rooms.includes(1 as RoomId) ? { kind: "had", end: 7 as Cursor } : { kind: "nothing" };

/** A host whose log has the key for room 1, which is that of A, and to which B has come from another host. */
function host({
  isNewlyPlaced = true,
  elsewhere = new Map<SymbolName, HadPart>(),
  partOf = partOfA,
  wasHere = (symbol: SymbolName) => symbol === A,
} = {}) {
  const asked: PromiseWithResolvers<void>[] = [];
  const known = new KnownRequests({
    log: {
      findKey: (key) =>
        key === REQUEST.key
          ? {
              fingerprint: "body",
              ...{ from: 5 as Cursor, row: 9 as Cursor, partOf, before: () => null },
            }
          : null,
    },
    predecessors: {
      ...{ isNewlyPlaced, firstEdition: { carried: null }, wasHere },
      hadElsewhere: async () => {
        const answer = Promise.withResolvers<void>();
        asked.push(answer);
        return answer.promise.then(() => elsewhere).catch(() => null);
      },
    },
    firstKeys: { has: () => "no" },
    roomsOf: (symbol) => [(symbol === A ? 1 : 2) as RoomId],
    headOf: () => 8 as Cursor,
    nowUs: () => 1 as EpochUs,
  });
  const taken: string[] = [];
  const take = (name: string, isKeyed: boolean) =>
    known.inTurn(batch(name, isKeyed), () => {
      taken.push(name);
      return SYMBOLS.map((symbol) => known.hadElsewhere(symbol, REQUEST));
    });
  return { known, asked, taken, take };
}

describe("I-6 a request that may have been taken elsewhere", () => {
  it("waits for the others' answer, and what comes behind it waits as well", async () => {
    const { asked, taken, take } = host({ elsewhere: new Map([[B, "same"]]) });
    const first = take("keyed", true);
    const second = take("without a key", false);
    await expect.poll(() => asked.length).toBe(1);
    expect(taken).toEqual([]);
    asked[0]?.resolve();
    expect(await first).toEqual(["no", "same"]);
    // What was found out is of that request alone.
    expect(await second).toEqual(["no", "no"]);
    expect(taken).toEqual(["keyed", "without a key"]);
  });

  it("goes before whatever comes while its answer is on the way to it", async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const { asked, taken, take } = host();
      const first = take("keyed", true);
      await expect.poll(() => asked.length).toBe(1);
      asked[0]?.resolve();
      for (let turn = 0; turn < turns; turn += 1) await null;
      await Promise.all([first, take("without a key", false)]);
      expect(taken).toEqual(["keyed", "without a key"]);
    }
  });

  it("is told where nobody can say, and holds up nobody else", async () => {
    const { asked, taken, take } = host();
    const first = take("keyed", true);
    const second = take("behind", true);
    await expect.poll(() => asked.length).toBe(1);
    asked[0]?.reject(new Error("a host is away"));
    expect(await first).toEqual({ kind: "key_unsure" });
    await expect.poll(() => asked.length).toBe(2);
    asked[1]?.resolve();
    await second;
    expect(taken).toEqual(["behind"]);
  });

  it("costs nothing where no symbol has come to the host for a day", async () => {
    const { known, asked, take } = host({ isNewlyPlaced: false });
    await take("keyed", true);
    expect(asked).toEqual([]);
    const cursors = { from: 5 as Cursor, row: 9 as Cursor };
    const request = { fingerprint: "body", ...cursors, partOf: partOfA, before: () => null };
    expect(known.hadHere(B, request)).toBe(true);
    // Its first answer named what there was: no frame lies between that and the end of the commit.
    expect(known.placeOf(B, REQUEST, request)).toBe(8);
  });

  it("is had here in the parts whose rooms are in its commit, and is another one by its digest", () => {
    const { known } = host();
    expect(known.partsHad(REQUEST, SYMBOLS)).toEqual([{ cursor: 7 }, "no"]);
    expect(known.partsHad({ ...REQUEST, fingerprint: "else" }, SYMBOLS)).toEqual([
      "other",
      "other",
    ]);
    expect(known.partsHad({ ...REQUEST, key: "new" }, SYMBOLS)).toEqual(["no", "no"]);
  });

  it("is had in the parts of what was placed here then, where its commit is in the log no more", () => {
    const dropped = host({ partOf: () => ({ kind: "unsure", end: null }) }).known;
    expect(dropped.partsHad(REQUEST, SYMBOLS)).toEqual([{ cursor: 8, mayBeLater: true }, "no"]);
    // Frames of both have moved since, of which the request had brought those of one.
    const moved = host({ partOf: () => ({ kind: "unsure", end: 20 as Cursor }) }).known;
    expect(moved.partsHad(REQUEST, SYMBOLS)).toEqual([{ cursor: 20, mayBeLater: true }, "no"]);
  });

  it("is where its part was first, here or elsewhere", async () => {
    const { known, asked } = host({ elsewhere: new Map([[B, { cursor: 3 as Cursor }]]) });
    const places = known.inTurn(batch("keyed", true), () => {
      const found = {
        fingerprint: "body",
        from: 5 as Cursor,
        row: 9 as Cursor,
        partOf: partOfA,
        before: () => null,
      };
      return [A, B].map((symbol) => known.placeOf(symbol, REQUEST, found));
    });
    await expect.poll(() => asked.length).toBe(1);
    asked[0]?.resolve();
    expect(await places).toEqual([7, 3]);
  });
});
