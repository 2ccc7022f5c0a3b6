import type { Batch } from "./core/batch.ts";
import type { Verdict } from "./core/verdict.ts";
import { type Route } from "./kinds.ts";
import type { Lane } from "./lanes/lane.ts";
import type { Refused } from "./refused.ts";
export interface SenderDeps {
    lanes: Readonly<Record<Route, Lane>>;
    /** How long events gather before a post, in ms. */
    intervalMs: number;
    post: (route: Route, batch: Batch) => Promise<Verdict>;
    onRefused: (refused: Refused[]) => void;
    onWarning: (words: string) => void;
    /** Told whenever something may wait no more, or is held up. */
    onProgress: () => void;
}
/** Posts what waits, a batch of each kind after the other. What it decides, `core/sending.ts` decides. */
export declare class Sender {
    #private;
    constructor(deps: SenderDeps);
    /** Something waits: it is sent with what comes within `inMs`. */
    soon(inMs?: number): void;
    /** Sends what is due now. What was held up is due, unless the server said when. */
    hurry(): void;
    /** Posts nothing more. The answer to what is under way means nothing any more. */
    stop(): Promise<void>;
    /** Why nothing of a kind is sent now, or null. */
    trouble(route: Route): string | null;
    /** By kind, or `server`: what holds it up. */
    troubles(): Partial<Record<Route | "server", string>>;
}
