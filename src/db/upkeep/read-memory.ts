import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { identifier, literal, sql } from "../driver/sql.ts";
import { epochUsOf } from "../driver/sql-time.ts";
import type { Replacement } from "./database-identity.ts";
import { STATE_COLUMNS, stateOf, type TapeState } from "./tape-state.ts";

/**
 * Nothing is counted further: of invalidations beyond it matters that they become fewer, and of the
 * rest that there is any.
 */
const COUNTED = 10_000;

/** How the memory of a database is. */
export interface MemoryState extends TapeState {
  /** Hours whose rollups are being made right, counted up to 10,000 a kind. */
  staleHours: { points: number; trades: number; posted: number };
  /** Events of closed hours (SPEC K-1), counted up to 10,000 a kind. */
  setAside: { points: number; trades: number };
  /** Which database this is. */
  identity: string;
  /** It has taken the place of another one; null where it has not. */
  replacement: Replacement | null;
}

const counted = (table: string) =>
  sql`(select count(*)::int4 from (select from ${identifier(table)} limit ${literal(COUNTED)}) n)`;

const SELECT = sql`
select ${STATE_COLUMNS},
  ${counted("stale_points")} as points, ${counted("stale_trades")} as trades, ${counted("stale_posted")} as posted,
  ${counted("points_set_aside")} as points_set_aside, ${counted("trades_set_aside")} as trades_set_aside,
  identity::text as identity, ${epochUsOf(sql`replaced_since`)} as replaced_since_us, replaced_rooms,
  replaced_lost_to::float8 as replaced_lost_to
from tape_state`;

/** @throws DatabaseError */
export async function readMemory(db: Database, tag?: string): Promise<MemoryState> {
  const [row = {}] = await ask(db, SELECT, tag);
  const sinceUs = row["replaced_since_us"];
  const lostTo = row["replaced_lost_to"] as Cursor | null;
  return {
    ...stateOf(row),
    identity: row["identity"] as string,
    replacement:
      sinceUs == null
        ? null
        : { sinceUs: Number(sinceUs) as EpochUs, rooms: Number(row["replaced_rooms"]), lostTo },
    staleHours: {
      points: row["points"] as number,
      trades: row["trades"] as number,
      posted: row["posted"] as number,
    },
    setAside: {
      points: row["points_set_aside"] as number,
      trades: row["trades_set_aside"] as number,
    },
  };
}
