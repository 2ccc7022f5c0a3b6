import { sql } from "./sql.ts";

/** SQL: one row, which database this is (`identity`). */
export const SELECT_IDENTITY = sql`select identity::text as identity from tape_state`;
