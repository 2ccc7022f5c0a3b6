import { Hono } from "hono";
import { claimKey, identify } from "../appends/idempotency.ts";
import { keeperAt } from "../bindings/objects.ts";
import { askHosts, Rooms } from "../bindings/rooms.ts";
import { failureOf } from "../db/driver/database-error.ts";
import { storeImportedBars } from "../db/store/store-imported-bars.ts";
import { barPush } from "../formats/bar-push.ts";
import { accessOf, coverSymbols, needs } from "../http/access/authorize.ts";
import { readIdempotencyKey } from "../http/body/idempotency-key.ts";
import { readBatch, wantsPost } from "../http/body/read-batch.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { endTurn } from "../http/limits/bodies.ts";
import { takeHostsOf } from "../http/limits/descriptors.ts";
import { databaseFailed } from "../http/problems/database-problem.ts";
import { KEY_REUSED } from "../http/problems/push-refusals.ts";
import { Refusal } from "../http/problems/refusal.ts";
import { writingDatabaseOf } from "../http/sources/database-of.ts";
import { warn } from "../http/warn.ts";
import type { BarsAccepted } from "../protocol/events/bar-push.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import { watchedSymbolsOf } from "../reads/rooms/watch-symbols.ts";
import { metrics } from "../telemetry/metrics.ts";

const SEND_AGAIN =
  "Imported bars are in Postgres alone. Send the batch again: what is in it already changes nothing.";

/** History that was made elsewhere. It goes to Postgres and past the rooms, for it is no news to anybody (SPEC I-12). */
export const barRoutes = new Hono<AppEnv>()
  .post("/api/bars", needs("write"), async (c) => {
    const key = readIdempotencyKey(c);
    const { items, text } = await readBatch(c, barPush);
    const symbols = [...new Set(items.map(({ symbol }) => symbol))];
    coverSymbols(c, symbols);
    await takeHostsOf(c, symbols, "push");
    const request = await identify(key, accessOf(c).grant.holder, c.req.path, text);
    if (request !== null && (await claimKey(c.env, request)) === "other") {
      throw new Refusal(KEY_REUSED);
    }
    // Postgres may be away, and pushes of events do not wait for it.
    endTurn(c);
    try {
      await storeImportedBars(writingDatabaseOf(c.get("config")), items, c.get("correlationId"));
    } catch (error) {
      const failure = failureOf(error);
      if (failure?.kind !== "unavailable") throw error;
      c.get("logger").warn("bars_not_stored", {
        correlation_id: c.get("correlationId"),
        ...failure,
      });
      throw new Refusal(databaseFailed(failure.why, SEND_AGAIN));
    }
    await Promise.all([
      // Whoever has no events is in the list by this alone; where it fails the batch is sent again.
      makeKnown(c, symbols),
      tellKeeper(c),
    ]);
    metrics.accepted.add(items.length, { kind: "bar" });
    const answer: BarsAccepted = { accepted: items.length };
    return c.json(answer, 200);
  })
  .all("/api/bars", wantsPost);

async function makeKnown(c: AppContext, symbols: readonly SymbolName[]): Promise<void> {
  const rooms = new Rooms(c.env);
  const groups = rooms.byHost(symbols, (symbol) => symbol);
  await askHosts(groups, ({ host, items }) => rooms.hostAt(host).know(items, "bars"));
  watchedSymbolsOf(c.env).mayHaveChanged();
}

/** Queries are right without it: they make anew what it has not made yet. */
async function tellKeeper(c: AppContext): Promise<void> {
  try {
    await keeperAt(c.env).stored(true);
  } catch (error) {
    warn(c, "keeper_unreachable", error);
  }
}
