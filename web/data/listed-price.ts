import type { AsOf } from "./last-price.ts";
import type { ListedSymbol } from "./symbol-list.ts";

/** What the bars of a symbol tell the list: closes of late, oldest first. */
export interface Past {
  closes: readonly number[];
  /** Where nobody has pushed a trade but bars were imported: the newest day's close, which is the last price there is. */
  imported: { last: number; change: number | null; dayUs: number } | null;
}
export type Pasts = ReadonlyMap<string, Past>;

export interface ListedPrice {
  last: number | null;
  change: number | null;
  asOf: AsOf | null;
}

/** What a line of the list says of the price: of trades, or else of imported bars. */
export function listedPrice(listed: ListedSymbol, past: Past | undefined): ListedPrice {
  const { last, change, last_event: ts } = listed;
  const imported = last === null ? (past?.imported ?? null) : null;
  if (imported !== null) {
    const asOf = { kind: "day", ts: imported.dayUs } as const;
    return { last: imported.last, change: imported.change, asOf };
  }
  return { last, change, asOf: ts === null ? null : { kind: "moment", ts } };
}
