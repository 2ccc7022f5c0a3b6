import type { Route } from "../kinds.ts";
import { BATCH_EVENTS, type RefusedPlaces } from "./batch.ts";
import { cutShort, NO_PAUSE, type Pause, prolonged } from "./pause.ts";
import type { Verdict } from "./verdict.ts";

/** How sending goes: what is held up, and how large batches may be. Nothing in here knows a clock, a server or a disk. */
export interface Sending {
  /** Where nobody answers, the other kinds need not try on their own. */
  away: Pause;
  lanes: Readonly<Record<Route, { pause: Pause; mostEvents: number }>>;
}

/** What to do with the batch that was posted. */
export type Act =
  /** It is the server's, but for those that are set aside. */
  | { kind: "settle"; setAside: RefusedPlaces }
  /** Nothing of it was taken. What is not set aside waits again, and has another key next time. */
  | { kind: "put back"; setAside: RefusedPlaces }
  /** The same again, under the same key, once it is due. */
  | { kind: "keep" };

/** What is worth a word. */
export type News =
  | { kind: "held up"; what: Route | "everything"; why: string }
  | { kind: "sent again"; what: Route | "everything" };

export function beginSending(routes: readonly Route[]): Sending {
  const lanes = routes.map((route) => [route, { pause: NO_PAUSE, mostEvents: BATCH_EVENTS }]);
  return { away: NO_PAUSE, lanes: Object.fromEntries(lanes) as Sending["lanes"] };
}

/** When the next batch of a kind may be sent, in ms of the clock that verdicts came by. */
export function dueMs({ away, lanes }: Sending, route: Route): number {
  return Math.max(away.untilMs, lanes[route].pause.untilMs);
}

/** Why nothing of a kind is sent now, or null. */
export function trouble({ away, lanes }: Sending, route: Route): string | null {
  return away.why ?? lanes[route].pause.why;
}

/** What was held up is tried at once, unless the server said when. */
export function hurried(sending: Sending): Sending {
  return withPauses(sending, cutShort);
}

/** The verdict on a batch of `events` events. `random` is of [0, 1). */
export function judged(
  sending: Sending,
  route: Route,
  { verdict, events, nowMs, random }: Judged,
): { sending: Sending; act: Act; news: News[] } {
  const lane = sending.lanes[route];
  if (verdict.kind === "later") {
    const what = verdict.isNetwork ? "everything" : route;
    const before = verdict.isNetwork ? sending.away : lane.pause;
    const { pause, isNews } = prolonged(before, verdict, nowMs, random);
    return {
      sending: verdict.isNetwork
        ? { ...sending, away: pause }
        : withLane(sending, route, { ...lane, pause }),
      act: { kind: "keep" },
      news: isNews ? [{ kind: "held up", what, why: verdict.why }] : [],
    };
  }
  const news: News[] = [];
  if (sending.away.why !== null) news.push({ kind: "sent again", what: "everything" });
  if (lane.pause.why !== null) news.push({ kind: "sent again", what: route });
  const goesOn = { ...sending, away: NO_PAUSE };
  if (verdict.kind === "accepted") {
    // After a refusal batches are small. They grow again by doubling.
    const mostEvents = Math.min(BATCH_EVENTS, lane.mostEvents * 2);
    return {
      sending: withLane(goesOn, route, { pause: NO_PAUSE, mostEvents }),
      act: { kind: "settle", setAside: within(verdict.refused, events) },
      news,
    };
  }
  let setAside = within(verdict.named, events);
  if (setAside.size === 0 && events === 1 && !verdict.needsNewKey) {
    setAside = new Map([[0, verdict.why]]);
  }
  // The bad ones that nobody named are found by halves.
  const mostEvents = setAside.size > 0 ? lane.mostEvents : Math.max(1, Math.floor(events / 2));
  return {
    sending: withLane(goesOn, route, { pause: NO_PAUSE, mostEvents }),
    act: { kind: "put back", setAside },
    news,
  };
}

interface Judged {
  verdict: Verdict;
  events: number;
  nowMs: number;
  random: number;
}

function within(places: RefusedPlaces, events: number): RefusedPlaces {
  return new Map([...places].filter(([at]) => at >= 0 && at < events));
}

function withLane(sending: Sending, route: Route, lane: Sending["lanes"][Route]): Sending {
  return { ...sending, lanes: { ...sending.lanes, [route]: lane } };
}

function withPauses(sending: Sending, change: (pause: Pause) => Pause): Sending {
  const lanes = Object.entries(sending.lanes).map(([route, lane]) => [
    route,
    { ...lane, pause: change(lane.pause) },
  ]);
  return { away: change(sending.away), lanes: Object.fromEntries(lanes) as Sending["lanes"] };
}
