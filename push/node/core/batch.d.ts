/** A batch has at most so many events, and so many characters of JSON. The server takes 20,000 and 8 MiB, 1 MiB of it after gzip. */
export declare const BATCH_EVENTS = 5000;
export declare const BATCH_CHARS = 2000000;
/** What is posted at once. The same `key` always has the same events. */
export interface Batch {
    key: string;
    /** JSON. */
    events: string[];
}
/** Of a batch, which events will never be taken, and why. By place, from 0. */
export type RefusedPlaces = ReadonlyMap<number, string>;
/** How many of `events` make the next batch: as many as `most` and `BATCH_CHARS` allow, and one at least where there is one. */
export declare function batchSize(events: readonly string[], most: number): number;
