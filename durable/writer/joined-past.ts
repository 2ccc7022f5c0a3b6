import type { Answered, PastCalls } from "../../src/bindings/writer.ts";
import { readImportedPrices } from "../../src/db/bars/read-imported-prices.ts";
import type { Database } from "../../src/db/driver/database.ts";
import { DatabaseError } from "../../src/db/driver/database-error.ts";
import { findSymbolNames } from "../../src/db/events/read-symbol-names.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import { JoinedReads } from "../room/past/joined-reads.ts";
import { GroupCommit } from "./group-commit.ts";

/** Symbols of one query. */
const SYMBOLS_A_QUERY = 1_000;
/** Of six connections storing has two. */
const NAMES_AT_ONCE = 2;
const LIVES_AT_ONCE = 2;

/**
 * What many hosts ask of Postgres about their past. While one query is under way the names that others ask for gather for the next;
 * what cannot be joined waits for its turn. Names never wait for it, for pushes may wait for them.
 */
export class JoinedPast implements PastCalls {
  readonly #joined: JoinedReads;
  readonly #names: GroupCommit<readonly SymbolName[], SymbolName[]>;
  readonly #prices: GroupCommit<readonly SymbolName[], string>;

  /** `open` makes a handle that has at most so many queries under way. */
  constructor(open: (atOnce: number) => Database) {
    const names = open(NAMES_AT_ONCE);
    this.#joined = new JoinedReads(open(LIVES_AT_ONCE));
    const group = { weigh: (symbols: readonly SymbolName[]) => symbols.length, atOnce: 1 };
    this.#names = new GroupCommit({
      ...{ ...group, maxWeight: SYMBOLS_A_QUERY },
      commit: async (requests) => {
        const found = new Set(await findSymbolNames(names, requests.flat()));
        return requests.map((request) => request.filter((symbol) => found.has(symbol)));
      },
    });
    this.#prices = new GroupCommit({
      ...{ ...group, maxWeight: SYMBOLS_A_QUERY },
      commit: async (requests) => {
        const all = await readImportedPrices(names, requests.flat());
        return requests.map((request) =>
          JSON.stringify(
            request.flatMap((symbol) => (all.has(symbol) ? [[symbol, all.get(symbol)]] : [])),
          ),
        );
      },
    });
  }

  readonly findNames: PastCalls["findNames"] = (symbols) => answered(this.#names.submit(symbols));

  readonly readPrices: PastCalls["readPrices"] = (symbols) =>
    answered(this.#prices.submit(symbols));

  readonly readNewestCursor: PastCalls["readNewestCursor"] = (symbol, after) =>
    answered(this.#joined.newestCursor({ symbol, after }));

  readonly readEarlierLife: PastCalls["readEarlierLife"] = (symbol, through) =>
    answered(this.#joined.earlierLife(symbol, through).then((life) => JSON.stringify(life)));
}

/** @throws what is no database's failure. */
async function answered<Found>(asked: Promise<Found>): Promise<Answered<Found>> {
  try {
    return { found: await asked };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const { message, code } = error;
    return { failed: { message, ...(code !== undefined && { code }) } };
  }
}
