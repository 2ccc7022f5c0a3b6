import type { Batch, RefusedPlaces } from "../core/batch.ts";
/** What waits of one kind. `put` never waits; the rest is the sender's alone. */
export interface Lane {
    /** Takes an event as JSON. Where there is no room for it, one is dropped and counted. */
    put(text: string): void;
    /** The batch to post: the one that was taken before, until it is settled or put back. Null where nothing waits. */
    take(mostEvents: number): Promise<Batch | null>;
    /** The batch is the server's, but for those that are set aside. */
    settle(batch: Batch, setAside: RefusedPlaces): Promise<void>;
    /** Nothing of the batch was taken: what is not set aside waits again, and has another key next time. */
    putBack(batch: Batch, setAside: RefusedPlaces): Promise<void>;
    /** How many could be sent. */
    readonly ready: number;
    /** How many wait in memory. */
    readonly waiting: number;
    /** How many wait on disk. */
    readonly spooled: number;
    readonly sent: number;
    readonly dropped: number;
    /** How many were taken, and how many of these wait no more, in the order they came. */
    readonly handed: number;
    readonly gone: number;
    /** How many of `handed` are on disk, or wait no more. Always 0 in memory. */
    readonly written: number;
}
