import { Hono } from "hono";
import { EARLIEST_US, MAX_AHEAD_US } from "../core/time/timestamp.ts";
import {
  EXPORT_FORMATS,
  EXPORT_KINDS,
  EXPORT_TYPES,
  type ExportEncoder,
  exportEncoder,
} from "../formats/export/encodings.ts";
import { needs } from "../http/access/authorize.ts";
import type { AppEnv } from "../http/context.ts";
import { streamOf } from "../http/export-stream.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { sourcesOf } from "../http/sources/sources.ts";
import type { TapeEvent } from "../protocol/events/event.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import { beginExport, type ExportPages } from "../reads/export-pages.ts";

const KNOWN = ["symbol", "kind", "metric", "from", "to", "precision", "format"];
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
  const kind = parameters.required("kind", `say ${EXPORT_KINDS.join(", ")}`)
    ? parameters.word("kind", EXPORT_KINDS, "metric")
    : "metric";
  const metric = parameters.text("metric");
  if (metric !== undefined && kind !== "metric") {
    parameters.refuse("metric", "goes with kind=metric only");
  }
  const { fromUs, toUs } = parameters.range(nowUs + MAX_AHEAD_US + 1, () => EARLIEST_US);
  const format = parameters.word("format", EXPORT_FORMATS, "ndjson");
  parameters.check();
  await admitRead(c, [symbol]);
  const query = { symbol, kind, metric, fromUs, toUs, pageRows: PAGE_ROWS };
  const begun = await inTurn(c, () => beginExport(sourcesOf(c), query));
  // What has begun waits for its place, which it does not hold while its reader reads.
  const next = () => inTurn(c, () => begun.pages.next(), PAGE_PATIENCE_MS);
  const [logger, correlationId] = [c.get("logger"), c.get("correlationId")];
  const stream = streamOf(encoded(exportEncoder(format, symbol, kind), begun, next), (error) => {
    logger.error("export_failed", { correlation_id: correlationId, symbol, detail: String(error) });
  });
  return c.body(stream, 200, {
    "content-type": EXPORT_TYPES[format],
    "cache-control": "no-store",
    [CURSOR_HEADER]: String(begun.cursor),
  });
});

/** A page a part, and what the format ends with. */
async function* encoded(
  encoder: ExportEncoder,
  { first, pages }: ExportPages,
  next: () => Promise<IteratorResult<TapeEvent[], void>>,
): AsyncGenerator<string | Uint8Array<ArrayBuffer>, void> {
  try {
    for (let page = first; page.done !== true; page = await next()) yield encoder.page(page.value);
    const end = encoder.end();
    if (end.length > 0) yield end;
  } finally {
    await pages.return();
  }
}
