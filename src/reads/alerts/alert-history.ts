import type { Database } from "../../db/driver/database.ts";
import type { Place } from "../../db/events/export-place.ts";
import { readAlertChanges } from "../../db/events/read-alerts.ts";
import { readSymbolNames } from "../../db/events/read-symbol-names.ts";
import type { AlertHistoryAnswer } from "../../protocol/answers/alerts.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";

export interface AlertHistoryQuery {
  /** Null: of all. */
  symbol: SymbolName | null;
  rule: string | null;
  fromUs: EpochUs;
  toUs: EpochUs;
  after: Place | null;
  limit: number;
  /** Null: whoever asks may see all. */
  sees: ((symbol: string) => boolean) | null;
}

/** What alerts have said in a range, the newest first. @throws DatabaseError */
export async function readAlertHistory(
  db: Database,
  { symbol, sees, limit, ...query }: AlertHistoryQuery,
  tag?: string,
): Promise<AlertHistoryAnswer> {
  const symbols = await namesOf(db, symbol, sees);
  const rows = await readAlertChanges(db, { ...query, symbols, limit: limit + 1 }, tag);
  const shown = rows.slice(0, limit);
  const truncated = rows.length > limit;
  const last = shown.at(-1);
  return {
    changes: shown.map(({ symbol: of, event: { kind: _, ...rest } }) => ({ ...rest, symbol: of })),
    ...{ truncated, ...(truncated && last !== undefined && { next: JSON.stringify(last.place) }) },
  };
}

/** Null where it is all that there are. */
async function namesOf(
  db: Database,
  symbol: SymbolName | null,
  sees: AlertHistoryQuery["sees"],
): Promise<SymbolName[] | null> {
  if (symbol !== null) return [symbol];
  return sees === null ? null : (await readSymbolNames(db)).filter((one) => sees(one));
}
