import { expect, it } from "vitest";
import { JoinedReads } from "../../../../durable/room/past/joined-reads.ts";
import { ReadTurns } from "../../../../durable/room/past/read-turns.ts";
import type { Database, Row } from "../../../../src/db/driver/database.ts";
import { DatabaseError } from "../../../../src/db/driver/database-error.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";

const AFTER = 5 as Cursor;
const all = Array.from({ length: 450 }, (_, at) => `S${at}` as SymbolName);

/** Postgres has a cursor for each symbol, its number; `fails` says what it answers instead. */
function postgres(fails: (symbols: readonly string[]) => DatabaseError | null = () => null) {
  const queries: number[] = [];
  const query: Database["query"] = async (_, params) => {
    const symbols = JSON.stringify(params).match(/S\d+/g) ?? [];
    queries.push(symbols.length);
    await new Promise((resolve) => setTimeout(resolve, 0));
    const error = fails(symbols);
    if (error !== null) throw error;
    return symbols.map((symbol): Row => ({ symbol, cursor: Number(symbol.slice(1)) }));
  };
  const transaction = () => Promise.reject(new Error("nothing of it is a transaction"));
  const reads = new JoinedReads({ query, transaction });
  const ask = (symbol: SymbolName) => reads.newestCursor({ symbol, after: AFTER });
  return { queries, ask };
}

it("rooms that begin together ask together, and each hears what is newer than its own cursor", async () => {
  const { queries, ask } = postgres();
  const answers = await Promise.all(all.map(ask));
  expect(answers).toEqual(all.map((_, at) => (at > AFTER ? at : null)));
  expect(queries).toEqual([1, 200, 200, 49]);
});

it("what Postgres refuses of one is no other's, and where it is away nobody asks alone", async () => {
  const refused = new DatabaseError(Object.assign(new Error("out of range"), { code: "22003" }));
  const { ask } = postgres((symbols) => (symbols.includes("S7") ? refused : null));
  const answers = await Promise.allSettled(all.slice(0, 20).map(ask));
  expect(answers.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect(answers[8]).toEqual({ status: "fulfilled", value: 8 });
  expect(answers[7]).toMatchObject({ reason: refused });

  const away = new DatabaseError(new Error("away"));
  const other = postgres(() => away);
  await Promise.allSettled(all.map(other.ask));
  expect(other.queries).toEqual([1, 200, 200, 49]);
});

it("S-7 earlier lives are read a few at once, so that whoever asks first has it long before the last", async () => {
  const ended: SymbolName[] = [];
  const endedBefore = new Map<string, number>();
  let kinds = 0;
  const query: Database["query"] = async (text, params) => {
    if (text.includes("from symbols y")) kinds += 1;
    else {
      const [symbol] = JSON.stringify(params).match(/S\d+/g) ?? [];
      endedBefore.set(symbol ?? "", ended.length);
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
    return [];
  };
  const transaction = () => Promise.reject(new Error("nothing of it is a transaction"));
  const reads = new JoinedReads({ query, transaction });
  const some = all.slice(0, 100);
  await Promise.all(
    some.map((symbol) => reads.earlierLife(symbol, AFTER).then(() => ended.push(symbol))),
  );
  expect(ended[0]).toBe("S0");
  expect(endedBefore.get("S99")).toBeGreaterThan(50);
  // Of what they have not, nothing was asked but once of many.
  expect(endedBefore.size).toBe(100);
  expect(kinds).toBeLessThan(20);
});

it("S-3 viewers that come back together, each of another symbol, cost a few statements, but for long ranges", async () => {
  const asked: number[] = [];
  const query: Database["query"] = async (_, params) => {
    const symbols = JSON.stringify(params).match(/S\d+/g) ?? [];
    asked.push(symbols.length);
    await new Promise((resolve) => setTimeout(resolve, 0));
    return [];
  };
  const transaction = () => Promise.reject(new Error("nothing of it is a transaction"));
  const reads = new JoinedReads({ query, transaction });
  const pagesOf = (rangeUs: number) =>
    Promise.all(
      all.slice(0, 30).map((symbol, at) => {
        const after = (1_000_000_000 + at) as Cursor;
        return reads.frames({ symbol, after, upTo: (after + rangeUs) as Cursor });
      }),
    );
  const pages = await pagesOf(400_000);
  expect(pages).toEqual(pages.map(() => ({ frames: [], complete: true, expiredThrough: null })));
  expect(asked).toEqual([1, 29]);
  asked.length = 0;
  await pagesOf(21_000_000);
  expect(new Set(asked)).toEqual(new Set([1]));
});

it("S-7 those go first that somebody waits for, also who began to wait when others stood before them", async () => {
  const turns = new ReadTurns(1);
  const begun: string[] = [];
  const awaited = new Set<string>();
  const read = (name: string) =>
    turns.take(
      async () => {
        begun.push(name);
        await new Promise((resolve) => setTimeout(resolve, 0));
      },
      () => awaited.has(name),
    );
  const all = ["a", "b", "c", "d", "e"].map(read);
  awaited.add("d").add("e");
  await Promise.all(all);
  expect(begun).toEqual(["a", "d", "e", "b", "c"]);
});
