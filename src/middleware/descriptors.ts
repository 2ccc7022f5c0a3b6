import type { RoomUse } from "../core/descriptor-budget.ts";
import { descriptorsOf } from "../telemetry/descriptors.ts";
import type { AppContext } from "./context.ts";
import { problem } from "./problem.ts";

/** A room that nobody uses is closed after 10 s. */
const RETRY_S = 10;
/** One line says it for all that are refused in so long a time, in ms. */
const SAY_EVERY_MS = 60_000;
const RAISE = "its operator can raise the hard limit of descriptors (ulimit -H -n)";

let saidAtMs = Number.NEGATIVE_INFINITY;

/** The refusal of a viewer whose socket might be the last that the runtime can open, else null (SPEC L-20). */
export async function refuseViewer(c: AppContext): Promise<Response | null> {
  const budget = descriptorsOf(c.env);
  if (budget === null) return null;
  await budget.look();
  if (budget.takeViewer()) return null;
  say(c, "viewers are refused");
  return problem(c, {
    status: 503,
    type: "too-many-viewers",
    title: "Too many viewers",
    detail: `This server has as many viewers as it can hold beside pushes and reads: come back later. For more of them ${RAISE}.`,
    retryAfterS: RETRY_S,
  });
}

/** The refusal where the rooms of a request cannot all be open, else null. Before it is asked no room may be (SPEC L-20). */
export async function refuseRooms(
  c: AppContext,
  symbols: readonly string[],
  use: RoomUse,
): Promise<Response | null> {
  const budget = descriptorsOf(c.env);
  if (budget === null) return null;
  await budget.look();
  if (budget.takeRooms(symbols, use)) return null;
  say(c, "symbols are refused");
  return problem(c, {
    status: 503,
    type: "too-many-rooms",
    title: "Too many symbols at once",
    detail: `This server has as many rooms open as it can hold, and a symbol that nobody has used for 10 s leaves its place to others (${budget.shares.rooms} fit where there are no viewers). Nothing of this request was taken: send it again later, for fewer symbols at once. For more of them ${RAISE}.`,
    retryAfterS: RETRY_S,
  });
}

function say(c: AppContext, what: string): void {
  // Else each of a crowd would be a line of its own.
  c.set("isSaid", true);
  const nowMs = Date.now();
  if (nowMs >= saidAtMs && nowMs - saidAtMs < SAY_EVERY_MS) return;
  saidAtMs = nowMs;
  const budget = descriptorsOf(c.env);
  c.get("log").warn("descriptors_short", {
    ...{ correlation_id: c.get("correlationId"), what },
    ...{ open: budget?.open, limit: budget?.shares.limit, help: RAISE },
  });
}
