import type { NotesAnswer } from "../../../src/protocol/answers/orders.ts";
import { addNotes, NO_NOTES, type Notes } from "../../data/tables/notes.ts";
import { DIRTY } from "../dirty.ts";
import type { FeedDeps } from "../feed-deps.ts";
import { openHeldFeed } from "./held-feed.ts";
import { heldMachine, initiallyHeld } from "./held-machine.ts";

/** So many notes are asked for; later ones come over the socket. */
const ASKED = 200;

export const NO_NOTES_YET = initiallyHeld(NO_NOTES);

/** The notes of a symbol: in whatever order they come, of two of one name the later in the log stays. */
export const noteMachine = heldMachine<Notes, NotesAnswer>({
  answered: (held, { notes, cursor }) => addNotes(held, notes, cursor),
  framed(held, { events, cursor }) {
    const fresh = events.filter((event) => event.kind === "note");
    return fresh.length === 0 ? null : addNotes(held, fresh, cursor);
  },
  dirty: DIRTY.notes,
});

/** The newest notes of a symbol: what is known of them, then what comes over the socket. */
export function openNoteFeed(deps: FeedDeps, symbol: string) {
  return openHeldFeed(deps, noteMachine, NO_NOTES_YET, () => deps.api.notes(symbol, ASKED));
}
