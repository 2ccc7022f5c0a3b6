import { describe, expect, it } from "vitest";
import { storeApart, type WholeOutcome } from "../../../durable/writer/store-apart.ts";
import type { StoreRequest } from "../../../src/bindings/writer.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";

const STORED = { kind: "stored", identity: "a database" } as const;

function requestOf(...symbols: string[]): StoreRequest {
  return {
    ...{ host: "host-0" as HostName, lane: "outbox", correlationIds: [] },
    ...{ outboxBytes: 0, roomsWaiting: 0 },
    rooms: symbols.map((symbol) => ({ symbol: symbol as SymbolName, frames: [] })),
  };
}

/** A database that refuses groups with these symbols, and goes away at one of the statements. */
async function store(
  requests: StoreRequest[],
  {
    refused = {},
    awayAt = Number.POSITIVE_INFINITY,
  }: {
    refused?: Record<string, "refused" | "broken">;
    awayAt?: number;
  } = {},
) {
  const groups: string[] = [];
  const outcomes = await storeApart(requests, async (rooms): Promise<WholeOutcome> => {
    const symbols = rooms.map(({ room }) => room.symbol);
    groups.push(symbols.join(""));
    if (groups.length >= awayAt) return { kind: "unavailable" };
    const bad = symbols.find((symbol) => symbol in refused);
    return bad === undefined ? STORED : { kind: refused[bad] ?? "refused" };
  });
  return { groups, outcomes };
}

describe("INV-1 requests of many symbols", () => {
  it("go together where that is possible", async () => {
    const { groups, outcomes } = await store([requestOf("A", "B"), requestOf("C"), requestOf()]);
    expect(groups).toEqual(["ABC"]);
    expect(outcomes).toEqual([STORED, STORED, { kind: "stored", identity: null }]);
  });

  it("come apart by halves where they are refused, down to the symbols at fault", async () => {
    const requests = [requestOf("A", "B"), requestOf("C", "D"), requestOf("E"), requestOf("F")];
    const { groups, outcomes } = await store(requests, { refused: { C: "refused", F: "broken" } });
    expect(groups).toEqual(["ABCDEF", "ABC", "A", "BC", "B", "C", "DEF", "D", "EF", "E", "F"]);
    expect(outcomes).toEqual([
      STORED,
      { kind: "partly", identity: "a database", refused: ["C"] },
      STORED,
      { kind: "broken" },
    ]);
  });

  it("are refused whole where each symbol of them is", async () => {
    const refused = { A: "refused", B: "refused" } as const;
    const { outcomes } = await store([requestOf("A", "B"), requestOf("C")], { refused });
    expect(outcomes).toEqual([{ kind: "refused" }, STORED]);
  });

  it("wait where the database goes away meanwhile, and nothing more is tried", async () => {
    const requests = [requestOf("A"), requestOf("B", "C"), requestOf("D")];
    const { groups, outcomes } = await store(requests, { refused: { C: "refused" }, awayAt: 4 });
    expect(groups).toEqual(["ABCD", "AB", "CD", "C"]);
    expect(outcomes).toEqual([STORED, { kind: "unavailable" }, { kind: "unavailable" }]);
  });

  it("say of what could not be stored whether the disk of the database is full", async () => {
    const full = { kind: "unavailable", isDiskFull: true } as const;
    expect(await storeApart([requestOf("A", "B")], async () => full)).toEqual([full]);
  });
});
