import { type Batch, type RefusedPlaces } from "../core/batch.ts";
import type { Lane } from "./lane.ts";
/** Waits in memory. Where it is full the oldest are dropped. */
export declare class MemoryLane implements Lane {
    #private;
    readonly spooled = 0;
    readonly written = 0;
    sent: number;
    dropped: number;
    handed: number;
    gone: number;
    constructor(most: number, newKey: () => string);
    get waiting(): number;
    get ready(): number;
    put(text: string): void;
    take(mostEvents: number): Promise<Batch | null>;
    settle(batch: Batch, setAside: RefusedPlaces): Promise<void>;
    putBack(batch: Batch, setAside: RefusedPlaces): Promise<void>;
}
