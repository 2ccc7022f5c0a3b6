import type { ObjectFailure } from "../../core/limits/object-failure.ts";
import type { ProblemWords } from "./refusal.ts";

const UNKNOWN_WHETHER_TAKEN =
  "Of a push it is unknown whether it was taken: send it again, with the same Idempotency-Key where it has one.";

/** What is said where an object failed under the request, and not the request (SPEC I-22). */
export const OBJECT_FAILED: Readonly<Record<ObjectFailure, ProblemWords>> = {
  reset: {
    status: 503,
    type: "room-restarted",
    title: "The room began anew",
    detail: `What answers for this symbol was started anew while it was asked. ${UNKNOWN_WHETHER_TAKEN}`,
    retryAfterS: 1,
  },
  overloaded: {
    status: 503,
    type: "room-overloaded",
    title: "The room is overloaded",
    detail: `More is waiting for this symbol than can be done. Ask less often. ${UNKNOWN_WHETHER_TAKEN}`,
    retryAfterS: 5,
  },
};
