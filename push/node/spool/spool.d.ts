import type { Refused } from "../refused.ts";
import { SegmentFile } from "./segment-file.ts";
/** A file that was another process's, and is ours now. */
export interface Inherited {
    route: string;
    file: SegmentFile;
}
/**
 * A folder that the processes of one holder of a token share. Each file has one owner, who sends it. What a dead process left is
 * taken over by who gives it its own name first.
 */
export declare class Spool {
    #private;
    readonly folder: string;
    readonly mostBytes: number;
    /** Bytes that this process's files have. */
    bytes: number;
    /** @throws where the folder cannot be made, or takes no sockets. */
    constructor(folder: string, mostBytes: number);
    /** A file that is not there yet. */
    newFile(route: string): SegmentFile;
    /** Takes over what dead processes left of `routes`, the oldest first. */
    inherit(routes: ReadonlySet<string>): Promise<Inherited[]>;
    /** Keeps what was refused, a line each, in `refused.ndjson`. */
    keepRefused(refused: readonly Refused[]): Promise<void>;
    /** From here on others may take over what is left. */
    close(): void;
}
/** Where spools are unless somebody says otherwise. */
export declare function defaultFolder(): string;
