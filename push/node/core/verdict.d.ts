import type { RefusedPlaces } from "./batch.ts";
/** What came back for a post. */
export interface Answer {
    status: number;
    retryAfter: string | undefined;
    body: string;
}
/** What an answer means for its batch. */
export type Verdict = 
/** The server has the batch. Of log lines it may have refused some. */
{
    kind: "accepted";
    refused: RefusedPlaces;
}
/** Nothing is wrong with the batch, as far as is known: the same again, later. `isNetwork`: nobody answered. */
 | {
    kind: "later";
    why: string;
    retryAfterMs: number;
    isNetwork: boolean;
}
/** Something in the batch will never be taken. `named`: what the server knew of it. */
 | {
    kind: "bad";
    why: string;
    named: RefusedPlaces;
    needsNewKey: boolean;
};
/** The verdict on what was posted to `where` (a URL), which is said in its words. */
export declare function judge(where: string, answer: Answer, nowMs: number): Verdict;
/** How long a `Retry-After` asks for: it holds seconds, or a date. */
export declare function retryAfterMs(text: string | undefined, nowMs: number): number;
