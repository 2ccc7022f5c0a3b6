import type { NoteEvent } from "../../protocol/events/note.ts";

/** What a note is known by beside its moment (SPEC N-1): its id, or else its text. */
export function knownBy({ id, text }: NoteEvent): string {
  return id === undefined ? `t${text}` : `i${id}`;
}

/** Names a note in its room: of two of one name the later in the log stays. */
export function noteKey(note: NoteEvent): string {
  return `${note.ts}\u0001${knownBy(note)}`;
}
