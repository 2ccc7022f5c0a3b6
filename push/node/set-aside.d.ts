import { type Route } from "./kinds.ts";
import type { Refused } from "./refused.ts";
export interface SetAsideDeps {
    /** Keeps events on disk; absent where nothing is. */
    keep: ((refused: readonly Refused[]) => Promise<void>) | undefined;
    /** Told of them; absent where the caller wants a warning. */
    onRefused: ((refused: Refused[]) => void) | undefined;
    onWarning: (words: string) => void;
}
/** What is set aside: counted, kept where its kind is kept, and told. */
export declare class SetAside {
    #private;
    constructor(deps: SetAsideDeps);
    count(route: Route): number;
    later(refused: Refused): void;
    tellLater(): void;
    tell(refused: Refused[]): void;
}
