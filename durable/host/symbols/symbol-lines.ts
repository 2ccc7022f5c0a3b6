import type { ImportedPrice } from "../../../src/db/bars/read-imported-prices.ts";
import { Turns } from "../../../src/db/driver/turns.ts";
import type { SymbolSummary } from "../../../src/protocol/answers/answers.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Registry } from "../registry.ts";
import type { RoomRecord } from "../room-record.ts";
import { emptyLine } from "./empty-line.ts";
import { ImportedPrices } from "./imported-prices.ts";

/** Rooms asked at once for their line: one that is new to its machine reads Postgres for it. */
const ROOMS_AT_ONCE = 16;
/** Of these so many: each is some eight queries, and a viewer that waits for its own room has its turn among them. */
const PASTS_AT_ONCE = 4;
/** The list waits so long for the pasts of rooms, in ms; those that are not known then it says to be missing. */
const PASTS_WITHIN_MS = 1_000;
/** Lines of the list that are made in one turn, some 20 us each where their rooms are in memory. */
const LINES_A_TURN = 12 * ROOMS_AT_ONCE;

export interface SymbolLinesDeps {
  registry: Registry;
  /** Names of all rooms in order. */
  names(): readonly SymbolName[];
  isHere(record: RoomRecord | undefined): record is RoomRecord;
  readPrices(symbols: readonly SymbolName[]): Promise<ReadonlyMap<SymbolName, ImportedPrice>>;
  nowMs(): number;
  /** Lets others at the host: resolves in another turn of the event loop. */
  pause(): Promise<void>;
  failed(event: string, error: unknown): void;
}

/** What a host says of each of its symbols in the list of all, made a few rooms at a time. */
export class SymbolLines {
  readonly #deps: SymbolLinesDeps;
  readonly #imported: ImportedPrices;
  readonly #pasts = new Turns(PASTS_AT_ONCE);

  constructor(deps: SymbolLinesDeps) {
    const { readPrices, nowMs, failed } = deps;
    this.#deps = deps;
    this.#imported = new ImportedPrices({
      ...{ read: readPrices, nowMs },
      failed: (error) => failed("prices_not_read", error),
    });
  }

  /** Bars of these were posted. */
  barsPosted(symbols: readonly SymbolName[]): void {
    this.#imported.posted(symbols);
  }

  /** `isLearned`: every symbol that this host should have is there. The rest is as `HostSymbols` says. */
  async list(
    isLearned: boolean,
    summaryOf: (record: RoomRecord) => Promise<SymbolSummary | null>,
  ): Promise<{ symbols: SymbolSummary[]; complete: boolean }> {
    const { registry, isHere, names, pause, failed, nowMs } = this.#deps;
    let complete = isLearned;
    const lines: SymbolSummary[] = [];
    const untilMs = nowMs() + PASTS_WITHIN_MS;
    const lineOf = async (record: RoomRecord) => {
      try {
        if (record.pending === null) return await summaryOf(record);
        return await this.#pasts.take(async () => {
          // Where one has had to wait for Postgres in vain, the others would as well.
          const isKnown = record.pending === null;
          return isKnown || (complete && nowMs() < untilMs) ? await summaryOf(record) : null;
        });
      } catch (error) {
        failed("line_not_made", error);
        return null;
      }
    };
    const all = names();
    for (let at = 0; at < all.length; at += ROOMS_AT_ONCE) {
      if (at > 0 && at % LINES_A_TURN === 0) await pause();
      const records = all
        .slice(at, at + ROOMS_AT_ONCE)
        .map((name) => registry.find(name))
        .filter((record) => isHere(record));
      const made = await Promise.all(records.map(lineOf));
      complete &&= !made.includes(null);
      for (const [index, { symbol }] of records.entries()) {
        lines.push(made[index] ?? emptyLine(symbol));
      }
    }
    const priced = await this.#imported.fill(lines);
    return { symbols: priced.lines, complete: complete && priced.complete };
  }
}
