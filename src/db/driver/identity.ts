import { ask } from "./ask.ts";
import type { Database } from "./database.ts";
import { sql } from "./sql.ts";

/** SQL: one row, which database this is (`identity`). */
export const SELECT_IDENTITY = sql`select identity::text as identity from tape_state`;

/** Which database this is: a UUID, made with it. @throws DatabaseError */
export async function readIdentity(db: Database): Promise<string> {
  const [row] = await ask(db, SELECT_IDENTITY);
  return String(row?.["identity"]);
}
