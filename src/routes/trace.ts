import { Hono } from "hono";
import { MAX_AHEAD_US } from "../core/time/timestamp.ts";
import { accessOf, needs, seesOf } from "../http/access/authorize.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { Parameters } from "../http/query/parameters.ts";
import { askRuntime } from "../http/sources/ask-runtime.ts";
import { databaseOf } from "../http/sources/database-of.ts";
import { listSourcesOf } from "../http/sources/list-sources.ts";
import type { TracedEvent } from "../protocol/answers/trace.ts";
import { MAX_LOG_NAME_CHARS } from "../protocol/events/log.ts";
import { isStorable } from "../protocol/words/name.ts";
import type { EpochUs } from "../protocol/words/time.ts";
import { seenSymbols } from "../reads/logs/seen-symbols.ts";
import { ownLinesOf } from "../reads/trace/own-lines.ts";
import { readTrace } from "../reads/trace/read-trace.ts";
import { recentLines } from "../telemetry/recent-lines.ts";

const EVENTS = { min: 1, max: 10_000, fallback: 1_000 };

/** Everything that bears one id, over all symbols that the token covers (SPEC TR-1 to TR-3). */
export const traceRoutes = new Hono<AppEnv>().get(
  "/api/trace/:correlation_id",
  needs("read"),
  async (c) => {
    const nowUs = c.get("nowUs")();
    const parameters = new Parameters(c.req.url, ["limit"], nowUs);
    const id = c.req.param("correlation_id");
    if (id.length > MAX_LOG_NAME_CHARS || !isStorable(id)) {
      parameters.refuse("correlation_id", `must be at most ${MAX_LOG_NAME_CHARS} characters`);
    }
    const limit = parameters.count("limit", EVENTS);
    parameters.check();
    const answer = await inTurn(c, async () => {
      const db = databaseOf(c.get("config"));
      const symbols = await seenSymbols(db, seesOf(c));
      const sources = { ...listSourcesOf(c), db, correlationId: c.get("correlationId") };
      const toUs = (nowUs + MAX_AHEAD_US + 1) as EpochUs;
      const ours = await ownLines(c, id);
      const lines = ours.flatMap((each) => each ?? []);
      const found = await readTrace(sources, { id, symbols, toUs, limit }, lines);
      return { ...found, complete: found.complete && !ours.includes(null) };
    });
    return c.json(answer, 200, { "cache-control": "no-store" });
  },
);

/**
 * Our own lines, of every runtime; null where one of them did not answer. They tell of all symbols and of the machine, so they are for
 * whom metrics are for (SPEC T-2).
 */
async function ownLines(c: AppContext, id: string): Promise<(TracedEvent[] | null)[]> {
  const { grant, token } = accessOf(c);
  const { PUBLIC_READ, RUNTIMES: count, RUNTIME: own } = c.get("config");
  if ((token === null && PUBLIC_READ === true) || grant.symbols !== null) return [];
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const isOwn = count === 1 || number === own;
      const lines = isOwn
        ? recentLines.holding(id)
        : await askRuntime(c, number, (door) => door.linesHolding(id));
      return lines === null ? null : ownLinesOf(lines, id, c.get("nowUs")());
    }),
  );
}
