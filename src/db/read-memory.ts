import type { Database } from "./database.ts";
import { STATE_COLUMNS, stateOf, type TapeState } from "./tape-state.ts";

/** Notes are counted no further: beyond, what matters is that they become fewer. */
const COUNTED_NOTES = 10_000;

/** How the memory of a database is. */
export interface MemoryState extends TapeState {
  /** Hours whose rollups are being made right, counted up to 10,000 a kind. */
  staleHours: { points: number; trades: number; posted: number };
}

const counted = (table: string) =>
  `(select count(*)::int4 from (select from ${table} limit ${COUNTED_NOTES}) n)`;

const SELECT = `
select ${STATE_COLUMNS},
  ${counted("stale_points")} as points, ${counted("stale_trades")} as trades, ${counted("stale_posted")} as posted
from tape_state`;

/** @throws what `classifyFailure` reads. */
export async function readMemory(db: Database, tag?: string): Promise<MemoryState> {
  const [row = {}] = await db.query(SELECT, [], tag);
  return {
    ...stateOf(row),
    staleHours: {
      points: row["points"] as number,
      trades: row["trades"] as number,
      posted: row["posted"] as number,
    },
  };
}
