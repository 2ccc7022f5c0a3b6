import type { Cursor, EpochUs } from "../protocol/time.ts";
import type { Database } from "./database.ts";
import { timestampOf } from "./sql-time.ts";

/** What is known of a database that has taken the place of another one. */
export interface Replacement {
  sinceUs: EpochUs;
  /** Rooms that store again what they hold. */
  rooms: number;
  /** Up to here something is lost of at least one room: it was in the other database alone. Null where nothing is. */
  lostTo: Cursor | null;
}

export const SELECT_IDENTITY = "select identity::text as identity from tape_state";

/** Which database this is: a UUID, made with it. @throws what `classifyFailure` reads. */
export async function readIdentity(db: Database): Promise<string> {
  const [row] = await db.query(SELECT_IDENTITY, []);
  return String(row?.["identity"]);
}

/** Writes a replacement into the database that `identity` names, and into no other. @throws what `classifyFailure` reads. */
export async function noteReplacement(
  db: Database,
  identity: string,
  { sinceUs, rooms, lostTo }: Replacement,
): Promise<void> {
  await db.query(
    `update tape_state set replaced_since = ${timestampOf("$2::int8")}, replaced_rooms = $3::int4,
      replaced_lost_to = $4::int8 where identity = $1::uuid`,
    [identity, sinceUs, rooms, lostTo],
  );
}
