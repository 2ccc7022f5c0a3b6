import type { Batch } from "./core/batch.ts";
import { type Verdict } from "./core/verdict.ts";
import type { HttpPost } from "./http-post.ts";
import type { Route } from "./kinds.ts";
/** Posts a batch, and says what became of it. Rejects never: also where the token cannot be had, it is only later. */
export declare function postBatch(http: HttpPost, token: () => string, route: Route, batch: Batch): Promise<Verdict>;
