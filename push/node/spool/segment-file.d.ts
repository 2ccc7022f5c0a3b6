import { type Segment } from "../core/segment.ts";
/**
 * A file of the spool. One call at a time, but for `appendNow`. It is written at its own end, which moves on only with what is
 * surely there: what failed is written over.
 */
export declare class SegmentFile {
    #private;
    path: string;
    /** How long it is, in bytes. */
    bytes: number;
    constructor(path: string);
    /** Reads it from the disk, for whoever goes on with it. */
    read(): Promise<Segment>;
    /** Resolves when the lines are on disk, whatever happens to the machine. Rejects where they are not in the file. */
    append(lines: string): Promise<void>;
    /** Writes what is of use and not needed: with the next lines, where it cannot be now. */
    note(line: string): Promise<void>;
    /** Writes at once, behind what was being written: the process ends. */
    appendNow(lines: string): void;
    close(): Promise<void>;
    remove(): Promise<void>;
}
