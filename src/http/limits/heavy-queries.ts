import { createMiddleware } from "hono/factory";
import type { Config } from "../../config.ts";
import { oncePer } from "../../core/answers/once-per.ts";
import { queryGate } from "../../core/limits/query-gate.ts";
import { countedAddress } from "../access/sender.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { type ProblemWords, Refusal } from "../problems/refusal.ts";

/** A page of the dashboard asks for a dozen series at once, and they all come in that time. */
const PATIENCE_MS = 2_000;
const RETRY_S = 2;
const WAITING = 64;
const WAITING_PER_READER = 32;

const TOO_MANY_QUERIES: ProblemWords = {
  status: 429,
  type: "too-many-queries",
  title: "Too many queries at once",
  detail: `As many queries run as may (LIMIT_QUERIES in all, LIMIT_QUERIES_PER_READER of one token or address), and as many wait: ask again in ${RETRY_S} s, and for less at once.`,
  retryAfterS: RETRY_S,
};

/**
 * For routes that ask the database and have no body: as many at once as `LIMIT_QUERIES` says, and no more (SPEC L-8). It comes
 * behind `needs`, for who may not read takes nobody's place.
 */
export const heavy = createMiddleware<AppEnv>(async (c, next) => inTurn(c, next));

/** Does `work` when it is its turn. @throws Refusal where that does not come in `patienceMs`. */
export async function inTurn<Found>(
  c: AppContext,
  work: () => Promise<Found>,
  patienceMs = PATIENCE_MS,
): Promise<Found> {
  const leave = await gateOf(c.get("config")).enter(readerOf(c), patienceMs);
  if (leave === null) throw new Refusal(TOO_MANY_QUERIES);
  // Where the client has gone the runtime may end the request here and now, without `finally`.
  const { signal } = c.req.raw;
  signal.addEventListener("abort", leave);
  try {
    return await work();
  } finally {
    signal.removeEventListener("abort", leave);
    leave();
  }
}

function readerOf(c: AppContext): string | null {
  const token = c.req.header("authorization");
  if (token !== undefined) return `token:${token}`;
  const address = countedAddress(c);
  return address === null ? null : `address:${address}`;
}

/** One an isolate. */
const gateOf = oncePer((config: Config) => {
  const limits = {
    running: config.LIMIT_QUERIES,
    runningPerReader: config.LIMIT_QUERIES_PER_READER,
    waiting: WAITING,
    waitingPerReader: WAITING_PER_READER,
  };
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  return queryGate(limits, { nowMs: () => Date.now(), wait });
});
