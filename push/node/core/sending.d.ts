import type { Route } from "../kinds.ts";
import { type RefusedPlaces } from "./batch.ts";
import { type Pause } from "./pause.ts";
import type { Verdict } from "./verdict.ts";
/** How sending goes: what is held up, and how large batches may be. Nothing in here knows a clock, a server or a disk. */
export interface Sending {
    /** Where nobody answers, the other kinds need not try on their own. */
    away: Pause;
    lanes: Readonly<Record<Route, {
        pause: Pause;
        mostEvents: number;
    }>>;
}
/** What to do with the batch that was posted. */
export type Act = 
/** It is the server's, but for those that are set aside. */
{
    kind: "settle";
    setAside: RefusedPlaces;
}
/** Nothing of it was taken. What is not set aside waits again, and has another key next time. */
 | {
    kind: "put back";
    setAside: RefusedPlaces;
}
/** The same again, under the same key, once it is due. */
 | {
    kind: "keep";
};
/** What is worth a word. */
export type News = {
    kind: "held up";
    what: Route | "everything";
    why: string;
} | {
    kind: "sent again";
    what: Route | "everything";
};
export declare function beginSending(routes: readonly Route[]): Sending;
/** When the next batch of a kind may be sent, in ms of the clock that verdicts came by. */
export declare function dueMs({ away, lanes }: Sending, route: Route): number;
/** Why nothing of a kind is sent now, or null. */
export declare function trouble({ away, lanes }: Sending, route: Route): string | null;
/** What was held up is tried at once, unless the server said when. */
export declare function hurried(sending: Sending): Sending;
/** The verdict on a batch of `events` events. `random` is of [0, 1). */
export declare function judged(sending: Sending, route: Route, { verdict, events, nowMs, random }: Judged): {
    sending: Sending;
    act: Act;
    news: News[];
};
interface Judged {
    verdict: Verdict;
    events: number;
    nowMs: number;
    random: number;
}
export {};
