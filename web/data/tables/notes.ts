import { noteKey } from "../../../src/core/events/note-key.ts";
import type { NoteEvent } from "../../../src/protocol/events/note.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";

/** The notes of a symbol by what each is known by, with the cursor up to which its text is the newest (SPEC N-1). */
export type Notes = ReadonlyMap<string, { cursor: Cursor; note: NoteEvent }>;

export const NO_NOTES: Notes = new Map();

/** More are not kept: the page is left open for days. */
const MOST = 500;

/** Takes notes in any order and any number of times: of two of one name the later in the log stays. */
export function addNotes(known: Notes, fresh: readonly NoteEvent[], cursor: Cursor): Notes {
  const notes = new Map(known);
  for (const note of fresh) {
    const before = notes.get(noteKey(note));
    if (before === undefined || before.cursor <= cursor) notes.set(noteKey(note), { cursor, note });
  }
  if (notes.size <= MOST) return notes;
  return new Map([...notes].sort(([, a], [, b]) => b.note.ts - a.note.ts).slice(0, MOST));
}
