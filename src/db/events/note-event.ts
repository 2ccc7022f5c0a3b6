import type { NoteEvent } from "../../protocol/events/note.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { Row } from "../driver/database.ts";
import { sql } from "../driver/sql.ts";

/** SQL: the note of a row of `symbol_notes`, in one text, as `noteOf` reads it. */
export const NOTE_TEXT = sql`json_build_array(known_by, level, text)::text`;

/** The note of a row with `ts_us` and, in `note`, `NOTE_TEXT`, as it was on the wire. */
export function noteOf(row: Row): NoteEvent {
  const [knownBy, level, text] = JSON.parse(row["note"] as string) as [
    knownBy: string,
    level: NoteEvent["level"] | null,
    text: string,
  ];
  const event: NoteEvent = { kind: "note", ts: Number(row["ts_us"]) as EpochUs, text };
  if (level !== null && level !== undefined) event.level = level;
  if (knownBy.startsWith("i")) event.id = knownBy.slice(1);
  return event;
}
