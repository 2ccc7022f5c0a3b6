import type { HostRefusal } from "../../bindings/host.ts";
import type { Config } from "../../config.ts";
import { OBJECT_FAILED } from "./object-failed.ts";
import { type ProblemWords, Refusal } from "./refusal.ts";

const RETRY_S = 5;

/** A key that came with another request before. */
export const KEY_REUSED: ProblemWords = {
  status: 422,
  type: "idempotency-key-reused",
  title: "Idempotency-Key used for another request",
  detail:
    "This Idempotency-Key came with another body, or on another route, before: use a new key for a new batch.",
};

/** The refusal of a push that a host has refused. */
export function pushRefused(
  refusal: HostRefusal,
  config: Pick<Config, "LIMIT_SERIES" | "LIMIT_NEW_ROOMS">,
): Refusal {
  return new Refusal(wordsOf(refusal, config));
}

function wordsOf(
  refusal: HostRefusal,
  {
    LIMIT_SERIES: series,
    LIMIT_NEW_ROOMS: newRooms,
  }: Pick<Config, "LIMIT_SERIES" | "LIMIT_NEW_ROOMS">,
): ProblemWords {
  switch (refusal.kind) {
    case "key_reused":
      return KEY_REUSED;
    case "key_unsure":
      return {
        status: 503,
        type: "key-unsure",
        title: "The Idempotency-Key cannot be looked up",
        detail:
          "Whether the hosts that had these symbols before (ROOM_HOSTS, ROOM_DEDICATED) took a part of this request cannot be asked now. Nothing of it was taken here: send it again, with the same key.",
        retryAfterS: RETRY_S,
      };
    case "too_many_series":
      return {
        status: 422,
        type: "too-many-series",
        title: "Too many series",
        detail: `${refusal.symbol} may have ${series} series (LIMIT_SERIES), a series being a metric with its labels, and this batch would bring more. Nothing of it was taken; points of the series that ${refusal.symbol} has are taken as before. What has ever new values, such as an id, belongs into no label.`,
      };
    case "too_many_new_symbols":
      return {
        status: 429,
        type: "too-many-new-symbols",
        title: "Too many new symbols",
        detail: `A token may bring ${newRooms} symbols a minute that nobody has pushed before (LIMIT_NEW_ROOMS), and this request would be beyond that. Nothing of it was taken: send it again in ${refusal.retryAfterS} s, and no more new symbols than that in one request.`,
        retryAfterS: refusal.retryAfterS,
      };
    case "full":
      return {
        status: 503,
        type: "outbox-full",
        title: "The database is behind",
        detail:
          "The outbox is full because the database does not take its events. Nothing of this batch was taken; send it again later.",
        retryAfterS: RETRY_S,
      };
    case "moved":
      // For whoever sends again it is the same: what answers for the symbol begins anew, elsewhere.
      return OBJECT_FAILED.reset;
    default:
      return refusal satisfies never;
  }
}
