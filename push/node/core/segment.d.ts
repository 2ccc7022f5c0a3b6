/**
 * A file of the spool, as text. A line is an event (JSON, so it begins with a brace), or tells of a batch:
 *
 *     b KEY COUNT    the first COUNT events that wait are sent under KEY from here on
 *     e *            the batch is over, and none of its events waits any more
 *     e 0,3          the batch is over, these of its events wait no more, and the others wait again
 *
 * The file only grows. What a crash has torn has no end of line, or is no line of these, and is passed over.
 */
export interface Segment {
    /** Events that wait, oldest first. */
    pending: string[];
    /** What was sent and not answered: it must be sent again as it was. */
    batch: {
        key: string;
        count: number;
    } | null;
}
/** Which events of a batch wait no more: all of them, or those at these places. */
export type Gone = "all" | readonly number[];
export declare function emptySegment(): Segment;
export declare function eventLines(events: readonly string[]): string;
export declare function beginLine(key: string, count: number): string;
export declare function endLine(gone: Gone): string;
/** Ends the batch of a segment, in place. */
export declare function endBatch(segment: Segment, gone: Gone): void;
/** What a file says. What is behind its last end of line was torn. */
export declare function readSegment(text: string): Segment;
