import { knownBy, noteKey } from "../../core/events/note-key.ts";
import { type NotePlace, type NotesQuery, readNotes } from "../../db/events/read-notes.ts";
import type { NotesAnswer } from "../../protocol/answers/orders.ts";
import type { NoteEvent } from "../../protocol/events/note.ts";
import { readTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";

/** The notes of a range, the newest first, a page at a time. */
export async function readSymbolNotes(
  { rooms, db, correlationId }: Sources,
  query: Omit<NotesQuery, "storedThrough" | "tailCursor">,
): Promise<NotesAnswer> {
  const { symbol, limit } = query;
  const { cursor, storedThrough, events } = await readTail(rooms, symbol, ["note"]);
  const places = { storedThrough, tailCursor: cursor };
  const stored = await readNotes(db, { ...query, ...places, limit: limit + 1 }, correlationId);
  const told = events.flatMap(({ cursor: at, event }) =>
    event.kind === "note" && isAsked(event, query) ? [{ cursor: at, event }] : [],
  );
  const latest = new Map<string, (typeof told)[number]>();
  for (const one of [...stored, ...told]) {
    const known = latest.get(noteKey(one.event));
    if (known === undefined || one.cursor >= known.cursor) latest.set(noteKey(one.event), one);
  }
  const notes = Array.from(latest.values(), ({ event }) => event).sort(newestFirst);
  const shown = notes.slice(0, limit);
  const last = shown.at(-1);
  const truncated = notes.length > limit;
  return {
    ...{ symbol, cursor, notes: shown, truncated },
    ...(truncated && last !== undefined && { next: JSON.stringify([last.ts, knownBy(last)]) }),
  };
}

function isAsked(
  note: NoteEvent,
  { fromUs, toUs, after }: Omit<NotesQuery, "storedThrough" | "tailCursor">,
): boolean {
  if (note.ts < fromUs || note.ts >= toUs) return false;
  return (
    after === null || note.ts < after.us || (note.ts === after.us && knownBy(note) < after.knownBy)
  );
}

function newestFirst(a: NoteEvent, b: NoteEvent): number {
  return b.ts - a.ts || (knownBy(a) < knownBy(b) ? 1 : -1);
}

/** The place that an answer gave as `next`; null where the text is none. */
export function notePlaceOf(text: string): NotePlace | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [us, name] = value as unknown[];
  const isPlace = Number.isSafeInteger(us) && typeof name === "string" && name.isWellFormed();
  return isPlace ? ({ us, knownBy: name } as NotePlace) : null;
}
