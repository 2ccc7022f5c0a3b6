import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import type { Insert } from "./collisions.ts";
import type { DatabaseIds, IdsProof } from "./series-ids.ts";

const ROWS_PER_STATEMENT = 2_000;

/** An event of a symbol and its place in the log. */
export interface PlacedRow<Event> {
  symbol: SymbolName;
  symbolId: number | undefined;
  event: Event;
  cursor: Cursor;
  ordinal: number;
}

/** What an event is known by in its symbol. */
export type NameOf<Event> = (event: Event, cursor: Cursor, ordinal: number) => string;

/** The events of a batch that have names in their symbol: of two of one name the later in the log stays (INV-9). */
export class LatestRows<Event> {
  readonly #nameOf: NameOf<Event>;
  readonly #insertsOf: (rows: readonly PlacedRow<Event>[], proof: IdsProof) => Insert[];
  readonly #rows = new Map<string, PlacedRow<Event>>();

  constructor(
    nameOf: NameOf<Event>,
    insertsOf: (rows: readonly PlacedRow<Event>[], proof: IdsProof) => Insert[],
  ) {
    this.#nameOf = nameOf;
    this.#insertsOf = insertsOf;
  }

  get rowCount(): number {
    return this.#rows.size;
  }

  add(symbol: SymbolName, event: Event, cursor: Cursor, ordinal: number): void {
    const key = `${symbol}\u0000${this.#nameOf(event, cursor, ordinal)}`;
    const found = this.#rows.get(key);
    const isLater =
      found === undefined ||
      cursor > found.cursor ||
      (cursor === found.cursor && ordinal > found.ordinal);
    if (isLater) this.#rows.set(key, { symbol, symbolId: undefined, event, cursor, ordinal });
  }

  /** Takes the ids that there are; returns the symbols that have none. */
  takeIds(ids: DatabaseIds): SymbolName[] {
    const unknown = new Set<SymbolName>();
    for (const row of this.#rows.values()) {
      row.symbolId ??= ids.symbolId(row.symbol);
      if (row.symbolId === undefined) unknown.add(row.symbol);
    }
    return [...unknown];
  }

  /** The inserts, once every symbol has its id in the database of the proof. */
  *inserts(proof: IdsProof): Generator<Insert> {
    const rows = [...this.#rows.values()];
    for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
      yield* this.#insertsOf(rows.slice(from, from + ROWS_PER_STATEMENT), proof);
    }
  }
}
