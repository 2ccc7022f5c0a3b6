import type { Route } from "./kinds.ts";
/** An event that was set aside. */
export interface Refused {
    route: Route;
    /** The event as JSON, or as far as it could be written as text. */
    event: string;
    /** The server's words. */
    why: string;
}
