import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database, Row } from "../driver/database.ts";
import { sql } from "../driver/sql.ts";
import { epochUsOf, minuteOf, timestampOf } from "../driver/sql-time.ts";

/** How far the memory reaches; see `tape_state` in the migrations for what each promises. */
export interface TapeState {
  watermarkUs: EpochUs;
  rolledThroughUs: EpochUs;
  rawFromUs: EpochUs;
  packedThroughUs: EpochUs;
  minutesFromUs: EpochUs;
}

export const STATE_COLUMNS = sql`${epochUsOf(sql`watermark`)} as watermark_us, ${epochUsOf(sql`rolled_through`)} as rolled_through_us,
  ${epochUsOf(sql`raw_from`)} as raw_from_us, ${epochUsOf(sql`packed_through`)} as packed_through_us,
  ${epochUsOf(sql`minutes_from`)} as minutes_from_us`;

/** @throws DatabaseError */
export async function readTapeState(db: Database, tag?: string): Promise<TapeState> {
  const [row] = await ask(db, sql`select ${STATE_COLUMNS} from tape_state`, tag);
  return stateOf(row);
}

/**
 * Moves the watermark on to the minute of `throughUs`, never back, and at most `mostUs` beyond what
 * is rolled up. The row is locked only after every insert under way has committed: what those
 * stored can be seen from now on.
 *
 * @throws DatabaseError
 */
export async function advanceWatermark(
  db: Database,
  throughUs: EpochUs,
  mostUs: number,
): Promise<TapeState> {
  const [row] = await ask(
    db,
    sql`update tape_state set watermark = greatest(watermark, least(${minuteOf(timestampOf(sql`${throughUs}`))},
       ${minuteOf(sql`rolled_through`)} + ${mostUs}::int8 * interval '1 microsecond')) returning ${STATE_COLUMNS}`,
  );
  return stateOf(row);
}

export function stateOf(row: Row | undefined): TapeState {
  const us = (name: string) => Number(row?.[name]) as EpochUs;
  return {
    watermarkUs: us("watermark_us"),
    rolledThroughUs: us("rolled_through_us"),
    rawFromUs: us("raw_from_us"),
    packedThroughUs: us("packed_through_us"),
    minutesFromUs: us("minutes_from_us"),
  };
}
