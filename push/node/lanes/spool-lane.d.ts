import { type Batch, type RefusedPlaces } from "../core/batch.ts";
import type { SegmentFile } from "../spool/segment-file.ts";
import type { Lane } from "./lane.ts";
export interface SpoolLaneDeps {
    newKey: () => string;
    newFile: () => SegmentFile;
    /** Most events that wait for the disk. */
    mostWaiting: number;
    /** Whether there is room for so many bytes more. */
    hasRoom: (bytes: number) => boolean;
    /** Told of bytes that came to the files, or went. */
    grew: (bytes: number) => void;
    /** Told when something is on disk that was not. */
    onWritten: () => void;
    /** Told of a disk that takes nothing, and with null that it takes again. */
    onDisk: (failure: Error | null) => void;
}
/** Waits on disk: a row of files, of which the first is sent and the last is written. */
export declare class SpoolLane implements Lane {
    #private;
    sent: number;
    dropped: number;
    handed: number;
    gone: number;
    written: number;
    constructor(deps: SpoolLaneDeps);
    get waiting(): number;
    get ready(): number;
    get spooled(): number;
    put(text: string): void;
    /** Goes on with a file that a process before this one left. */
    inherit(file: SegmentFile): Promise<void>;
    /** Writes what waits, as fast as the disk is. Resolves when all of it is there, or the disk takes nothing. */
    write(): Promise<void>;
    take(mostEvents: number): Promise<Batch | null>;
    settle(batch: Batch, setAside: RefusedPlaces): Promise<void>;
    putBack(_batch: Batch, setAside: RefusedPlaces): Promise<void>;
    /** Lets go of the files. What waits in them is for who comes next. */
    close(): Promise<void>;
    /** The process ends this instant: what waits goes to disk without it. */
    writeNow(): void;
}
