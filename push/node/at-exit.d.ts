/** What is open and must not end with the process unseen to. */
export interface Open {
    /** The process has nothing more to do: there is time to flush. */
    flush(): void;
    /** The process ends this instant, by `process.exit` or an error. */
    writeNow(): void;
}
/** Calls back as the process ends, with one listener for all. What it gives ends that. */
export declare function seeToAtExit(each: Open): () => void;
