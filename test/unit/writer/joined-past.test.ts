import { describe, expect, it } from "vitest";
import { pastByWriter } from "../../../durable/host/past-by-writer.ts";
import { JoinedPast } from "../../../durable/writer/joined-past.ts";
import type { PastCalls } from "../../../src/bindings/writer.ts";
import type { Database, Row } from "../../../src/db/driver/database.ts";
import { DatabaseError, failureOf } from "../../../src/db/driver/database-error.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";

const names = (count: number) => Array.from({ length: count }, (_, at) => `S${at}` as SymbolName);

/** A Postgres that knows every second symbol, and answers when it is let. */
function postgres() {
  const asked: {
    params: readonly unknown[];
    answer: (rows: Row[]) => void;
    fail: (error: unknown) => void;
  }[] = [];
  const database: Database = {
    query: (_, params) =>
      new Promise((answer, fail) => {
        asked.push({ params, answer, fail });
      }),
    transaction: () => Promise.reject(new Error("nothing of it is a transaction")),
  };
  const evenOf = (params: readonly unknown[]) =>
    Array.from(JSON.stringify(params).matchAll(/S(\d+)/g), ([, number]) => Number(number))
      .filter((number) => number % 2 === 0)
      .map((number) => ({ symbol: `S${number}` }));
  return { asked, database, evenOf };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("hosts of one symbol that begin at once", () => {
  it("ask Postgres together, however many they are, and each hears of its own symbol", async () => {
    const { asked, database, evenOf } = postgres();
    const past = new JoinedPast(() => database);
    const answers = names(1_700).map((symbol) => past.findNames([symbol]));
    const found: unknown[] = [];
    for (let query = 0; query < 4; query += 1) {
      await settle();
      expect(asked.length).toBeLessThanOrEqual(query + 1);
      const last = asked[query];
      if (last !== undefined) last.answer(evenOf(last.params));
    }
    for (const answer of answers) found.push(await answer);
    expect(asked.length).toBeLessThanOrEqual(4);
    expect(found).toEqual(
      names(1_700).map((symbol, at) => ({ found: at % 2 === 0 ? [symbol] : [] })),
    );
  });

  it("hear how Postgres failed, as if they had asked themselves", async () => {
    const { asked, database } = postgres();
    const past = new JoinedPast(() => database);
    const archive = pastByWriter(() => past, direct("nobody asks itself")).archiveOf(
      "A" as SymbolName,
    );
    const answer = archive
      .readNewestCursor(0 as Cursor)
      .catch((error: unknown) => failureOf(error));
    await settle();
    asked[0]?.fail(new DatabaseError(Object.assign(new Error("no such table"), { code: "42P01" })));
    expect(await answer).toMatchObject({ kind: "unavailable", why: "unprepared" });
  });

  it("ask for themselves where the Writer is one of a version before", async () => {
    const before = new Proxy({} as PastCalls, {
      get: () => () => Promise.reject(new TypeError("the receiver has no such method")),
    });
    const past = pastByWriter(() => before, direct("A"));
    expect(await past.names.find(["A" as SymbolName])).toEqual(["A"]);
  });
});

function direct(found: string): Parameters<typeof pastByWriter>[1] {
  const answer = async () => [found] as SymbolName[];
  return {
    names: { readStored: answer, find: answer, readPrices: async () => new Map() },
    archiveOf: () => ({}) as ReturnType<Parameters<typeof pastByWriter>[1]["archiveOf"]>,
  };
}
