/** Why nothing is sent for a while, and until when. The first answer that is another ends it. */
export interface Pause {
    untilMs: number;
    why: string | null;
    failures: number;
    /** The server said when to come again. */
    isAskedFor: boolean;
    warnedAtMs: number;
}
export declare const NO_PAUSE: Pause;
/** Once more in vain. `isNews` where that is worth a word. `random` is of [0, 1). */
export declare function prolonged(pause: Pause, trouble: {
    why: string;
    retryAfterMs: number;
}, nowMs: number, random: number): {
    pause: Pause;
    isNews: boolean;
};
/** What was away is tried at once; a server that said when to come again is not. */
export declare function cutShort(pause: Pause): Pause;
