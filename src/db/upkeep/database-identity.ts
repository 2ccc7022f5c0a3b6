import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { ask } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";

/** What is known of a database that has taken the place of another one. */
export interface Replacement {
  sinceUs: EpochUs;
  /** Rooms that store again what they hold. */
  rooms: number;
  /**
   * Up to here something is lost of at least one room: it was in the other database alone. Null
   * where nothing is.
   */
  lostTo: Cursor | null;
}

/**
 * Writes a replacement into the database that `identity` names, and into no other. @throws
 * DatabaseError
 */
export async function writeReplacement(
  db: Database,
  identity: string,
  { sinceUs, rooms, lostTo }: Replacement,
): Promise<void> {
  await ask(
    db,
    sql`update tape_state set replaced_since = ${timestampOf(sql`${sinceUs}::int8`)}, replaced_rooms = ${rooms}::int4,
      replaced_lost_to = ${lostTo}::int8 where identity = ${identity}::uuid`,
  );
}
