import type { Answer } from "./core/verdict.ts";
/** Posts to one server, over connections that are kept. They do not keep the process from ending. */
export declare class HttpPost {
    #private;
    /** Without a slash at its end. */
    readonly url: string;
    /** @throws TypeError where the url can belong to no server. */
    constructor(url: string, timeoutMs: number);
    /** Rejects where nobody answers. */
    post(path: string, headers: Record<string, string>, body: Uint8Array): Promise<Answer>;
    /** Hangs up, also on what is under way. */
    close(): void;
}
