import type { PollAnswer } from "../src/protocol/answers.ts";
import type { TapeEvent } from "../src/protocol/event.ts";
import { type Joined, partsAround } from "../src/protocol/frame.ts";
import type { Hello, ServerMessage } from "../src/protocol/server-message.ts";
import type { Cursor } from "../src/protocol/time.ts";
import type { Delivery, Effect, TapeState } from "./state.ts";

interface Delivered {
  cursor: Cursor | null;
  effects: Effect[];
}

/**
 * Where the cursor stands after a message of the room, and what the consumer gets. A frame at or below the cursor was
 * delivered before and is ignored, also where it is joined to later ones; so is a gap that ends there. This is the whole
 * of "once, in order" (INV-2).
 */
export function deliverMessage(
  state: TapeState,
  message: Exclude<ServerMessage, Hello>,
): Delivered {
  const { cursor } = state;
  switch (message.type) {
    case "events":
      if (isPast(cursor, message.cursor)) return nothing(cursor);
      return { cursor: message.cursor, effects: after(cursor, message) };
    case "gap":
      if (isPast(cursor, message.to)) return nothing(cursor);
      return moved(message.to, { ...message, from: later(cursor, message.from) });
    case "caught_up":
      // Everything up to here has been replayed, so an empty replay moves the position too.
      return moved(later(cursor, message.cursor), message);
    case "snapshot":
      // A position only for who has none: for others the frames between are still to come.
      return moved(cursor ?? message.cursor, message);
    case "bar":
    case "error":
      return moved(cursor, message);
    default:
      return message satisfies never;
  }
}

/** The same for an answer of the polling fallback. An incomplete one says its gap before its events. */
export function deliverAnswer(state: TapeState, answer: PollAnswer): Delivered {
  const { cursor } = state;
  if (isPast(cursor, answer.cursor)) return nothing(cursor);
  const effects: Effect[] = [];
  if (!answer.complete && cursor !== null) {
    const to =
      answer.oldest > cursor && answer.oldest < answer.cursor ? answer.oldest : answer.cursor;
    effects.push(deliver(to, { type: "gap", from: cursor, to, reason: "expired", dropped: null }));
  }
  if (answer.events.length > 0) {
    const { cursor: through, events, frames } = answer;
    effects.push(...after(cursor, { cursor: through, events, frames }));
  }
  return { cursor: answer.cursor, effects };
}

/** What came with a message and is after `cursor`. */
function after(cursor: Cursor | null, message: Joined<TapeEvent>): Effect[] {
  const parts = cursor === null ? [message] : partsAround(message, cursor);
  return parts
    .filter((part) => !isPast(cursor, part.cursor))
    .map(({ cursor: through, events, frames }) =>
      deliver(through, {
        ...{ type: "events", cursor: through, events: events as TapeEvent[] },
        ...(frames !== undefined && { frames: frames as [number, number][] }),
      }),
    );
}

function isPast(cursor: Cursor | null, position: Cursor): boolean {
  return cursor !== null && position <= cursor;
}

function later(cursor: Cursor | null, position: Cursor): Cursor {
  return cursor !== null && cursor > position ? cursor : position;
}

function nothing(cursor: Cursor | null): Delivered {
  return { cursor, effects: [] };
}

function moved(cursor: Cursor | null, delivery: Delivery): Delivered {
  return { cursor, effects: [deliver(cursor, delivery)] };
}

function deliver(cursor: Cursor | null, delivery: Delivery): Effect {
  return { type: "deliver", delivery, cursor };
}
