import type { Unavailability } from "../../db/driver/database-error.ts";
import type { ProblemWords } from "./refusal.ts";

type Words = Pick<ProblemWords, "status" | "type" | "title" | "detail">;

const RETRY_S = 5;
const GO_ON = "Live streams and pushes go on meanwhile.";

const WORDS: Record<Unavailability, Words> = {
  away: {
    ...{ status: 503, type: "database-unavailable", title: "The database is away" },
    detail: "It cannot be reached now: try again soon.",
  },
  timeout: {
    ...{ status: 504, type: "query-timeout", title: "The query took too long" },
    detail:
      "The database had no answer in the time a query may take: ask for a shorter range, a longer step or fewer series, or try again when it is less busy.",
  },
  exhausted: {
    ...{
      status: 503,
      type: "database-exhausted",
      title: "The database has no room, or no connection that is free",
    },
    detail:
      "It is out of disk, memory or connections, and its operator has to give it more; or it answers on none of those that are open. /readyz says how large it is, and whether it answers.",
  },
  contended: {
    ...{ status: 503, type: "database-busy", title: "The database is busy" },
    detail: "Others were in the way of this: try again.",
  },
  unprepared: {
    ...{ status: 503, type: "database-unprepared", title: "The database is not set up" },
    detail:
      "It lacks tables or rights that this needs, or does not take the password of DATABASE_URL: npm run migrate -- --url URL makes the tables.",
  },
};

/** What is said where a database did not do what was asked, in words that are true of it; `then` is what else helps. */
export function databaseFailed(why: Unavailability, then = GO_ON): ProblemWords {
  const words = WORDS[why];
  return { ...words, detail: `${words.detail} ${then}`, retryAfterS: RETRY_S };
}
