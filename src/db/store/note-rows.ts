import { knownBy, noteKey } from "../../core/events/note-key.ts";
import type { NoteEvent } from "../../protocol/events/note.ts";
import { BYTES_PER_UNIT } from "../driver/requests.ts";
import { int2s, int4s, int8s, rowsOf, texts } from "../driver/rows-of.ts";
import { sql } from "../driver/sql.ts";
import { timestampOf } from "../driver/sql-time.ts";
import type { Insert } from "./collisions.ts";
import { IS_NAMED, insertInto } from "./insert-into.ts";
import { LatestRows, type PlacedRow } from "./latest-rows.ts";
import type { IdsProof } from "./series-ids.ts";

/** Upper bound of the numbers of one row in their arrays. */
const ROW_BYTES = 100;

/** INV-9: of two notes of one name the later in the log stays. */
const LATER_WINS = sql`
on conflict (symbol_id, ts, known_by) do update
set cursor = excluded.cursor, ordinal = excluded.ordinal, level = excluded.level, text = excluded.text
where (excluded.cursor, excluded.ordinal) > (symbol_notes.cursor, symbol_notes.ordinal)`;

type NoteRow = PlacedRow<NoteEvent>;

/** The notes of a batch. */
export const noteRows = () =>
  new LatestRows(noteKey, (rows: readonly NoteRow[], proof) => [insertOf(rows, proof)]);

function insertOf(rows: readonly NoteRow[], proof: IdsProof): Insert {
  const insert = sql`
insert into symbol_notes (ts, cursor, symbol_id, ordinal, level, known_by, text)
select ${timestampOf(sql`u.ts_us`)}, u.cursor, u.symbol_id, u.ordinal, nullif(u.level, ''), u.known_by, u.text
from ${rowsOf("u", {
    ts_us: int8s(rows.map(({ event }) => event.ts)),
    cursor: int8s(rows.map(({ cursor }) => cursor)),
    symbol_id: int4s(rows.map(({ symbolId }) => symbolId as number)),
    ordinal: int2s(rows.map(({ ordinal }) => ordinal)),
    level: texts(rows.map(({ event }) => event.level ?? "")),
    known_by: texts(rows.map(({ event }) => knownBy(event))),
    text: texts(rows.map(({ event }) => event.text)),
  })}
where ${IS_NAMED}`;
  const unitsOf = (note: NoteEvent) => knownBy(note).length + note.text.length;
  return {
    plain: () => insertInto(proof, insert),
    careful: () => insertInto(proof, sql`${insert}${LATER_WINS}`),
    bytes: rows.reduce((sum, { event }) => sum + ROW_BYTES + unitsOf(event) * BYTES_PER_UNIT, 0),
  };
}
