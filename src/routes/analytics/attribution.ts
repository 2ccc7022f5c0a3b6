import { Hono } from "hono";
import { needs } from "../../http/access/authorize.ts";
import { readObject } from "../../http/body/read-object.ts";
import type { AppContext, AppEnv } from "../../http/context.ts";
import { endTurn } from "../../http/limits/bodies.ts";
import { inTurn } from "../../http/limits/heavy-queries.ts";
import { badParameters } from "../../http/problems/refusal.ts";
import { admitRead } from "../../http/query/admit-read.ts";
import { readAttributionQuery } from "../../http/query/read-attribution-query.ts";
import { sourcesOf } from "../../http/sources/sources.ts";
import { type BenchmarkPush, benchmarkPushSchema } from "../../protocol/answers/attribution.ts";
import { SYSTEM_SYMBOL } from "../../protocol/words/symbol.ts";
import { comparedSymbols, readAttribution } from "../../reads/analytics/attribution.ts";
import { FOLD_LIMITS } from "../../reads/analytics/fold-positions.ts";

export const attributionRoutes = new Hono<AppEnv>()
  .get("/api/analytics/attribution", needs("read"), (c) => attribute(c, null))
  .post("/api/analytics/attribution", needs("read"), async (c) => {
    const push = await readObject(c, benchmarkPushSchema, badParameters);
    endTurn(c);
    return attribute(c, push);
  });

async function attribute(c: AppContext, push: BenchmarkPush | null): Promise<Response> {
  const query = readAttributionQuery(c.req.url, push, c.get("nowUs")());
  await admitRead(c, [
    ...[...query.symbols, ...comparedSymbols(push)],
    ...(query.value === null ? [] : [SYSTEM_SYMBOL]),
  ]);
  // Not before the body is there: whoever sends it slowly must keep nobody waiting.
  const found = await inTurn(c, () => readAttribution(sourcesOf(c), query, push));
  switch (found.kind) {
    case "read":
      return c.json(found.answer, 200, { "cache-control": "no-store" });
    case "too_many_states":
      throw badParameters({
        path: "symbols",
        message: `gives more than ${FOLD_LIMITS.states} states of positions, or ${FOLD_LIMITS.accounts} accounts: take a shorter range or fewer symbols`,
      });
    case "ambiguous":
      throw badParameters({
        path: "value",
        message: `must name one series of ${SYSTEM_SYMBOL}, and ${found.count} have this metric: choose with account`,
      });
    default:
      return found satisfies never;
  }
}
