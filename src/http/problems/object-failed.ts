import type { ObjectFailure } from "../../core/object-failure.ts";
import type { AppContext } from "../context.ts";
import { problem } from "./problem.ts";

const UNKNOWN_WHETHER_TAKEN =
  "Of a push it is unknown whether it was taken: send it again, with the same Idempotency-Key where it has one.";

/** The answer where an object failed under the request, and not the request (SPEC I-22). */
export function objectFailed(c: AppContext, failure: ObjectFailure): Response {
  switch (failure) {
    case "reset":
      return problem(c, {
        status: 503,
        type: "room-restarted",
        title: "The room began anew",
        detail: `What answers for this symbol was started anew while it was asked. ${UNKNOWN_WHETHER_TAKEN}`,
        retryAfterS: 1,
      });
    case "overloaded":
      return problem(c, {
        status: 503,
        type: "room-overloaded",
        title: "The room is overloaded",
        detail: `More is waiting for this symbol than can be done. Ask less often. ${UNKNOWN_WHETHER_TAKEN}`,
        retryAfterS: 5,
      });
    default:
      return failure satisfies never;
  }
}
