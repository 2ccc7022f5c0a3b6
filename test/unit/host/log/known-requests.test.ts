import { describe, expect, it } from "vitest";
import { KnownRequests } from "../../../../durable/host/append/known-requests.ts";
import type { RoomId } from "../../../../durable/host/log/host-log.ts";
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

/** A host whose log has the key for room 1, which is that of A, and to which B has come from another host. */
function host({ isNewlyPlaced = true, elsewhere = new Map<SymbolName, HadPart>() } = {}) {
  const asked: PromiseWithResolvers<void>[] = [];
  const known = new KnownRequests({
    log: {
      findKey: (key) =>
        key === REQUEST.key
          ? { fingerprint: "body", has: (room) => room === 1, cursorOf: () => 7 as Cursor }
          : null,
    },
    predecessors: {
      ...{ isNewlyPlaced, carried: null },
      hadElsewhere: async () => {
        const answer = Promise.withResolvers<void>();
        asked.push(answer);
        return answer.promise.then(() => elsewhere).catch(() => null);
      },
    },
    firstKeys: { has: () => "no" },
    roomsOf: (symbol) => [(symbol === A ? 1 : 2) as RoomId],
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
    const request = { fingerprint: "body", has: () => false, cursorOf: () => 7 as Cursor };
    expect(known.hadHere(B, request)).toBe(true);
  });

  it("is had here in the parts whose rooms are in its commit, and is another one by its digest", () => {
    const { known } = host();
    expect(known.partsHad(REQUEST, SYMBOLS)).toEqual(["same", "no"]);
    expect(known.partsHad({ ...REQUEST, fingerprint: "else" }, SYMBOLS)).toEqual([
      "other",
      "other",
    ]);
    expect(known.partsHad({ ...REQUEST, key: "new" }, SYMBOLS)).toEqual(["no", "no"]);
  });
});
