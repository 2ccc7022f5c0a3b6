import type { Config } from "../../config.ts";
import { oncePer } from "../../core/answers/once-per.ts";
import { bodyGate } from "../../core/limits/body-gate.ts";
import type { AppContext } from "../context.ts";
import { type ProblemWords, Refusal } from "../problems/refusal.ts";

/** What is parsed and encoded of so much text takes some 60 MB, half of what an isolate has. */
const WORKED_ON_BYTES = 8 * 1024 * 1024;
const WAITING_BYTES = 32 * 1024 * 1024;
/** What is shorter is parsed in a moment, however many come at once, and to count it would cost more than it holds. */
const COUNTED_BYTES = 32 * 1024;
const PATIENCE_MS = 10_000;
const RETRY_S = 1;

const TOO_MANY_BODIES: ProblemWords = {
  status: 503,
  type: "busy",
  title: "Too much is pushed at once",
  detail: `As much as there is memory for is being read, and more waits: send it again in ${RETRY_S} s, and over fewer connections at once. Nothing of it was taken.`,
  retryAfterS: RETRY_S,
};

/**
 * Waits until so much text may be worked on (SPEC L-26); a turn that the request had ends. `heldBytes`: of the body as it came.
 *
 * @throws Refusal
 */
export async function awaitTurn(c: AppContext, bytes: number, heldBytes: number): Promise<void> {
  endTurn(c);
  if (bytes < COUNTED_BYTES && heldBytes < COUNTED_BYTES) return;
  const leave = await gateOf(c.get("config")).enter({ bytes, heldBytes }, PATIENCE_MS);
  if (leave === null) throw new Refusal(TOO_MANY_BODIES);
  c.set("endTurn", leave);
  // Where the client has gone the runtime may end the request here and now, without `finally`.
  c.req.raw.signal.addEventListener("abort", leave);
}

/** Nothing is parsed or encoded of the body any more: the next one may be. */
export function endTurn(c: AppContext): void {
  c.get("endTurn")?.();
}

/** One an isolate. */
const gateOf = oncePer((_: Config) => {
  const limits = { workedOnBytes: WORKED_ON_BYTES, waitingBytes: WAITING_BYTES };
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  return bodyGate(limits, { nowMs: () => Date.now(), wait });
});
