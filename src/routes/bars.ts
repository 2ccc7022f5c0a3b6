import { Hono } from "hono";
import { claimKey, identify, readKey } from "../appends/idempotency.ts";
import { askHosts, byHost } from "../bindings/ask-hosts.ts";
import { hostAt, keeperAt } from "../bindings/objects.ts";
import { failureOf } from "../db/driver/database-error.ts";
import { storeImportedBars } from "../db/store/store-imported-bars.ts";
import { barPush } from "../formats/bar-push.ts";
import { authorize, refuseSymbols } from "../http/access/authorize.ts";
import { readBatch, wantsPost } from "../http/body/read-batch.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { endTurn } from "../http/limits/bodies.ts";
import { refuseHosts } from "../http/limits/descriptors.ts";
import { databaseProblem } from "../http/problems/database-problem.ts";
import type { BarsAccepted } from "../protocol/bar-push.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import { writingDatabaseOf } from "../reads/database-of.ts";

/** History that was made elsewhere. It goes to Postgres and past the rooms, for it is no news to anybody (SPEC I-12). */
export const barRoutes = new Hono<AppEnv>()
  .post("/api/bars", async (c) => {
    const authorization = await authorize(c, "write");
    if (authorization.kind === "refused") return authorization.response;
    const keyed = readKey(c);
    if (keyed.kind === "refused") return keyed.response;
    const batch = await readBatch(c, barPush);
    if (batch.kind === "refused") return batch.response;
    const symbols = [...new Set(batch.items.map(({ symbol }) => symbol))];
    const outside = refuseSymbols(c, authorization.grant, symbols);
    if (outside !== null) return outside;
    const tooMany = await refuseHosts(c, symbols, "push");
    if (tooMany !== null) return tooMany;
    const request = await identify(c, authorization.grant, keyed.key, batch.text);
    const reused = await claimKey(c, request);
    if (reused !== null) return reused;
    // Postgres may be away, and pushes of events do not wait for it.
    endTurn(c);
    try {
      await storeImportedBars(
        writingDatabaseOf(c.get("config")),
        batch.items,
        c.get("correlationId"),
      );
    } catch (error) {
      const failure = failureOf(error);
      if (failure?.kind !== "unavailable") throw error;
      c.get("log").warn("bars_not_stored", { correlation_id: c.get("correlationId"), ...failure });
      return databaseProblem(
        c,
        failure,
        "Posted bars are kept in Postgres alone. Send the batch again: what is in it already changes nothing.",
      );
    }
    await Promise.all([
      // Whoever has no events is in the list by this alone; where it fails the batch is sent again.
      makeKnown(c, symbols),
      tellKeeper(c),
    ]);
    const answer: BarsAccepted = { accepted: batch.items.length };
    return c.json(answer, 200);
  })
  .all("/api/bars", wantsPost);

async function makeKnown(c: AppContext, symbols: readonly SymbolName[]): Promise<void> {
  const groups = byHost(c.env, symbols, (symbol) => symbol);
  await askHosts(groups, ({ host, items }) => hostAt(c.env, host).know(items, "bars"));
}

/** Queries are right without it: they make anew what it has not made yet. */
async function tellKeeper(c: AppContext): Promise<void> {
  try {
    await keeperAt(c.env).stored(true);
  } catch (error) {
    const fields = { correlation_id: c.get("correlationId"), detail: String(error) };
    c.get("log").warn("keeper_unreachable", fields);
  }
}
