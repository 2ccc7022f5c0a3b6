import type { EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { literal, sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import { noteExpired } from "./note-expired.ts";

/** Orders deleted at once, so that nobody waits for long. */
const DELETED_ORDERS = 200;

const deleteBefore = (beforeUs: EpochUs) => sql`
with over as (
  delete from order_lives where ctid = any (array(
    select ctid from order_lives where status >= 3 and ts < ${timestampOf(sql`${beforeUs}`)} order by ts limit ${literal(DELETED_ORDERS)}))
  returning symbol_id, account, venue, order_id),
dropped as (
  delete from order_states s using over
  where (s.symbol_id, s.account, s.venue, s.order_id) = (over.symbol_id, over.account, over.venue, over.order_id)
  returning s.symbol_id, s.cursor),
noted as (${noteExpired(sql`dropped`)})
select count(*)::int4 as orders from over`;

/**
 * Deletes the orders that were over before a moment, each with all its states, in steps that are
 * whole in themselves, and says how many there were. An open order stays, however old (SPEC OR-8).
 *
 * @throws DatabaseError
 */
export async function dropOrdersBefore(db: Database, beforeUs: EpochUs): Promise<number> {
  for (let all = 0; ; ) {
    const [row] = await ask(db, deleteBefore(beforeUs));
    const deleted = Number(row?.["orders"] ?? 0);
    all += deleted;
    if (deleted < DELETED_ORDERS) return all;
  }
}
