import type { PollAnswer, PollGap } from "../src/protocol/answers/answers.ts";
import type { TapeEvent } from "../src/protocol/events/event.ts";
import { type Joined, partsAround } from "../src/protocol/events/frame.ts";
import type { Gap, Hello, ServerMessage } from "../src/protocol/socket/server-message.ts";
import type { LogId } from "../src/protocol/words/log-id.ts";
import type { Cursor } from "../src/protocol/words/time.ts";
import type { Delivery, Effect, Place } from "./state.ts";

type Deliver = Extract<Effect, { type: "deliver" }>;

interface Delivered {
  place: Place;
  effects: Deliver[];
}

/**
 * Where the consumer stands after a message of the room, whose log is `log`, and what it gets. A frame at or below the
 * cursor was delivered before and is ignored, also where it is joined to later ones; so is a gap that ends there. This is
 * the whole of "once, in order" (INV-2). After a reset the cursors before it mean nothing, so it is never ignored (C-6).
 */
export function deliverMessage(
  place: Place,
  message: Exclude<ServerMessage, Hello>,
  log: LogId | null,
): Delivered {
  const { cursor } = place;
  switch (message.type) {
    case "events":
      if (isPast(cursor, message.cursor)) return nothing(place);
      return { place: { cursor: message.cursor, log }, effects: eventsAfter(cursor, message, log) };
    case "gap":
      if (message.reason === "reset") return moved({ cursor: message.to, log }, message);
      if (isPast(cursor, message.to)) return nothing(place);
      return moved(afterGap(place, message, log), {
        ...message,
        from: later(cursor, message.from),
      });
    case "caught_up":
      // Everything up to here has been replayed, so an empty replay moves the position too.
      return moved({ cursor: later(cursor, message.cursor), log }, message);
    case "snapshot":
      // A position only for who has none: for others the frames between are still to come.
      return moved(cursor === null ? { cursor: message.cursor, log } : place, message);
    case "bar":
    case "error":
      return moved(place, message);
    default:
      return message satisfies never;
  }
}

/** The same for an answer of the polling fallback: its gaps among its events, each where it begins. */
export function deliverAnswer(place: Place, answer: PollAnswer): Delivered {
  const { cursor } = place;
  // A server of before 2026-11-26 has no log id.
  const { cursor: through, log = null } = answer;
  const after = { cursor: through, log };
  if (cursor !== null && answer.reset === true) {
    return moved(after, gapOf(cursor, through, "reset"));
  }
  // A cursor ahead of the log counts as its newest one (SPEC C-3): what comes from there on is new.
  if (cursor !== null && through < cursor) return { place: after, effects: [] };
  if (isPast(cursor, through)) return nothing(place);
  const { events, frames } = answer;
  let rest: Joined<TapeEvent>[] = events.length > 0 ? [{ cursor: through, events, frames }] : [];
  const effects: Deliver[] = [];
  let at = place;
  const take = (parts: readonly Joined<TapeEvent>[]) => {
    for (const effect of parts.flatMap((part) => eventsAfter(at.cursor, part, log))) {
      effects.push(effect);
      at = effect.place;
    }
  };
  for (const { from, to, reason } of cursor === null ? [] : gapsOf(answer, cursor)) {
    const parts = rest.flatMap((part) => partsAround(part, from));
    take(parts.filter((part) => part.cursor <= from));
    rest = parts.filter((part) => part.cursor > from);
    const gap = gapOf(later(at.cursor, from), to, reason);
    at = afterGap(at, gap, log);
    effects.push(deliver(at, gap));
  }
  take(rest);
  return { place: after, effects };
}

/** What an answer lacks. Before 2026-11-27 a server did not say where, and what it lacked could not be read. */
function gapsOf({ complete, gaps, cursor, oldest }: PollAnswer, since: Cursor): PollGap[] {
  if (complete) return [];
  const to = oldest > since && oldest < cursor ? oldest : cursor;
  return gaps ?? [{ from: since, to, reason: "unavailable" }];
}

/** Where the consumer stands after a gap: of an expired range what is kept is still to come (SPEC S-10). */
function afterGap(place: Place, { to, reason }: Gap, log: LogId | null): Place {
  return reason === "expired" ? place : { cursor: to, log };
}

/** What came with a message and is after `cursor`. */
function eventsAfter(
  cursor: Cursor | null,
  message: Joined<TapeEvent>,
  log: LogId | null,
): Deliver[] {
  const parts = cursor === null ? [message] : partsAround(message, cursor);
  return parts
    .filter((part) => !isPast(cursor, part.cursor))
    .map(({ cursor: through, events, frames }) =>
      deliver(
        { cursor: through, log },
        {
          ...{ type: "events", cursor: through, events: events as TapeEvent[] },
          ...(frames !== undefined && { frames: frames as [number, number][] }),
        },
      ),
    );
}

function isPast(cursor: Cursor | null, position: Cursor): boolean {
  return cursor !== null && position <= cursor;
}

function later(cursor: Cursor | null, position: Cursor): Cursor {
  return cursor !== null && cursor > position ? cursor : position;
}

function gapOf(from: Cursor, to: Cursor, reason: Gap["reason"]): Gap {
  return { type: "gap", from, to, reason, dropped: null };
}

function nothing(place: Place): Delivered {
  return { place, effects: [] };
}

function moved(place: Place, delivery: Delivery): Delivered {
  return { place, effects: [deliver(place, delivery)] };
}

function deliver(place: Place, delivery: Delivery): Deliver {
  return { type: "deliver", delivery, place };
}
