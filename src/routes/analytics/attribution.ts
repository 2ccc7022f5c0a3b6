import { Hono } from "hono";
import { attributeToBenchmark } from "../../core/attribution/benchmark.ts";
import {
  reportedValue,
  type SymbolShare,
  symbolAnswer,
  totalAnswer,
  totalOf,
} from "../../core/attribution/portfolio-pnl.ts";
import { symbolPnl } from "../../core/attribution/symbol-pnl.ts";
import { authorize, refuseSymbols } from "../../http/access/authorize.ts";
import { readBenchmark } from "../../http/body/benchmark-body.ts";
import type { AppContext, AppEnv } from "../../http/context.ts";
import { endTurn } from "../../http/limits/bodies.ts";
import { inTurn } from "../../http/limits/heavy-queries.ts";
import { badParameters } from "../../http/problems/problem.ts";
import {
  type AttributionQuery,
  comparedSymbols,
  readAttributionQuery,
} from "../../http/query/attribution-query.ts";
import type { AttributionAnswer, BenchmarkPush } from "../../protocol/attribution.ts";
import { INTERVAL_SECONDS } from "../../protocol/interval.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../../protocol/symbol.ts";
import type { EpochUs } from "../../protocol/time.ts";
import { MAX_STEPS, readHoldings } from "../../reads/analytics/holdings.ts";
import { readFees, readReportedValue } from "../../reads/analytics/portfolio-series.ts";
import { refuseRead } from "../../reads/rooms/known-symbols.ts";

export const attributionRoutes = new Hono<AppEnv>()
  .get("/api/analytics/attribution", (c) => attribute(c, false))
  .post("/api/analytics/attribution", (c) => attribute(c, true));

/** Where the money came from; with a benchmark posted, where the return beyond it did. */
async function attribute(c: AppContext, isPosted: boolean): Promise<Response> {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  let push: BenchmarkPush | null = null;
  if (isPosted) {
    const reading = await readBenchmark(c);
    if (reading.kind === "refused") return reading.response;
    push = reading.push;
    endTurn(c);
  }
  const nowUs = (Date.now() * 1_000) as EpochUs;
  const { query, issues } = readAttributionQuery(c.req.url, push, nowUs);
  if (issues.length > 0) return badParameters(c, issues);
  const read = [
    ...[...query.symbols, ...comparedSymbols(push)],
    ...(query.value === null ? [] : [SYSTEM_SYMBOL]),
  ];
  const outside = refuseSymbols(c, authorization.grant, [...new Set(read)]);
  if (outside !== null) return outside;
  const refused = await refuseRead(c, read);
  if (refused !== null) return refused;
  // Not before the body is there: whoever sends it slowly must keep nobody waiting.
  return inTurn(c, () => answerQuery(c, query, push));
}

async function answerQuery(
  c: AppContext,
  query: AttributionQuery,
  push: BenchmarkPush | null,
): Promise<Response> {
  const { symbols, account, interval, range, fees, value } = query;
  const compared = comparedSymbols(push);
  const holdings = await readHoldings(c, { held: symbols, compared, account, interval, range });
  if (holdings.kind === "too_many_steps") {
    const message = `gives more than ${MAX_STEPS} changes of position: take a shorter range or fewer symbols`;
    return badParameters(c, [{ path: "symbols", message }]);
  }
  const paid =
    fees === null ? null : await readFees(c, symbols, { metric: fees, account }, interval, range);
  const reported =
    value === null ? null : await readReportedValue(c, { metric: value, account }, range);
  if (reported?.kind === "ambiguous") {
    const message = `must name one series of ${SYSTEM_SYMBOL}, and ${reported.count} have this metric: choose with account`;
    return badParameters(c, [{ path: "value", message }]);
  }

  const { cursors, closesOf, accountsOf } = holdings;
  const gone = [holdings.goneBefore, reported?.goneBefore].flatMap((one) => one ?? []);
  const whole = [...new Set((paid ?? []).flatMap(({ wholeBuckets }) => wholeBuckets))];
  const bucketUs = INTERVAL_SECONDS[interval] * 1_000_000;
  const span = { fromUs: range.fromUs, toUs: range.toUs, bucketUs };
  const noCloses = { ts: [], values: [] };
  const shares: SymbolShare[] = symbols.map((symbol: SymbolName, at) => ({
    ...{ symbol, fees: paid?.[at]?.sum ?? null },
    result: symbolPnl(accountsOf[at] ?? [], closesOf.get(symbol) ?? noCloses, span),
  }));
  const total = totalOf(shares);
  const answer: AttributionAnswer = {
    ...{ interval, from: range.fromUs, to: range.toUs, account, cursors },
    by_symbol: shares.map(symbolAnswer),
    total: totalAnswer(total),
    ...(reported && { reported: reportedValue(total, reported.start, reported.end) }),
    ...(push && { brinson_fachler: attributeToBenchmark({ shares, total }, push, closesOf, span) }),
    ...(gone.length > 0 && { gone_before: Math.max(...gone) as EpochUs }),
    ...(whole.length > 0 && { whole_buckets: whole.sort((a, b) => a - b) }),
  };
  return c.json(answer, 200, { "cache-control": "no-store" });
}
