import { Hono } from "hono";
import { EARLIEST_US, MAX_AHEAD_US, unmistakableTime } from "../core/time/timestamp.ts";
import { needs } from "../http/access/authorize.ts";
import type { AppEnv } from "../http/context.ts";
import { streamOf } from "../http/export-stream.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { sourcesOf } from "../http/sources.ts";
import type { TapeEvent } from "../protocol/events/event.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import { beginExport, type ExportPages } from "../reads/export-pages.ts";

const KNOWN = ["symbol", "kind", "metric", "from", "to", "precision"];
const KINDS = ["metric", "trade", "position", "book", "log"] as const;
/** About 400 KB of lines, and a thousand queries, which is what a request may make on Cloudflare, are 4 million rows. */
const PAGE_ROWS = 4_000;
const PAGE_PATIENCE_MS = 30_000;
/** Everything that was acknowledged up to this cursor is in the export. */
const CURSOR_HEADER = "edgetape-cursor";

export const exportRoutes = new Hono<AppEnv>().get("/api/export", needs("read"), async (c) => {
  const nowUs = c.get("nowUs")();
  const parameters = new Parameters(c.req.url, KNOWN, nowUs);
  const symbol = parameters.required("symbol", "name the symbol")
    ? parameters.symbol("symbol", parameters.text("symbol") ?? "")
    : ("" as SymbolName);
  const kind = parameters.required("kind", `say ${KINDS.join(", ")}`)
    ? parameters.word("kind", KINDS, "metric")
    : "metric";
  const metric = parameters.text("metric");
  if (metric !== undefined && kind !== "metric") {
    parameters.refuse("metric", "goes with kind=metric only");
  }
  const { fromUs, toUs } = parameters.range(nowUs + MAX_AHEAD_US + 1, () => EARLIEST_US);
  parameters.check();
  await admitRead(c, [symbol]);
  const query = { symbol, kind, metric, fromUs, toUs, pageRows: PAGE_ROWS };
  const begun = await inTurn(c, () => beginExport(sourcesOf(c), query));
  // What has begun waits for its place, which it does not hold while its reader reads.
  const next = () => inTurn(c, () => begun.pages.next(), PAGE_PATIENCE_MS);
  const [logger, correlationId] = [c.get("logger"), c.get("correlationId")];
  const stream = streamOf(linesOf(symbol, begun, next), (error) => {
    logger.error("export_failed", { correlation_id: correlationId, symbol, detail: String(error) });
  });
  return c.body(stream, 200, {
    "content-type": "application/x-ndjson",
    "cache-control": "no-store",
    [CURSOR_HEADER]: String(begun.cursor),
  });
});

/** A page a text, an event a line: as on the wire, and its symbol, so that it can be pushed again. */
async function* linesOf(
  symbol: SymbolName,
  { first, pages }: ExportPages,
  next: () => Promise<IteratorResult<TapeEvent[], void>>,
): AsyncGenerator<string, void> {
  try {
    for (let page = first; page.done !== true; page = await next()) {
      yield page.value
        .map((event) => `${JSON.stringify({ ...event, ts: unmistakableTime(event.ts), symbol })}\n`)
        .join("");
    }
  } finally {
    await pages.return();
  }
}
