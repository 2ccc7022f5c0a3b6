import type { AppContext } from "../middleware/context.ts";
import { problem } from "../middleware/problem.ts";
import type { Grant } from "../middleware/token.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import { directoryOf, unmetOf } from "./known-symbols.ts";

/**
 * The refusal of a push that would make more rooms than the holder of its token may in a minute, else null (SPEC L-23). Asked
 * before any room is, and costs a call only where a symbol is new to this isolate.
 */
export async function refuseNewRooms(
  c: AppContext,
  grant: Grant,
  symbols: readonly SymbolName[],
): Promise<Response | null> {
  const limit = c.get("config").LIMIT_NEW_ROOMS;
  if (limit === 0) return null;
  const unmet = unmetOf(c.env, symbols);
  if (unmet.length === 0) return null;
  const retryAfterS = await directoryOf(c.env).admitNew(grant.holder, unmet);
  if (retryAfterS === null) return null;
  return problem(c, {
    status: 429,
    type: "too-many-new-symbols",
    title: "Too many new symbols",
    detail: `A token may bring ${limit} symbols a minute that nobody has pushed before (LIMIT_NEW_ROOMS), and this request would be beyond that. Nothing of it was taken: send it again in ${retryAfterS} s, and no more new symbols than that in one request.`,
    retryAfterS,
  });
}
