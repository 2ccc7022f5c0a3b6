import { Hono } from "hono";
import { EARLIEST_US, MAX_AHEAD_US, unmistakableTime } from "../core/timestamp.ts";
import { readExport } from "../db/events/read-export.ts";
import { authorize, refuseSymbols } from "../http/access/authorize.ts";
import type { AppEnv } from "../http/context.ts";
import { streamOf } from "../http/export-stream.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { badParameters } from "../http/problems/problem.ts";
import { Parameters } from "../http/query/parameters.ts";
import type { TapeEvent } from "../protocol/event.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import { databaseOf } from "../reads/database-of.ts";
import { refuseRead } from "../reads/rooms/known-symbols.ts";
import { readTail } from "../reads/rooms/room-tail.ts";

const KINDS = ["metric", "trade", "position", "book"] as const;
/** About 400 KB of lines, and a thousand queries, which is what a request may make on Cloudflare, are 4 million rows. */
const PAGE_ROWS = 4_000;
const PAGE_PATIENCE_MS = 30_000;
/** Everything that was acknowledged up to this cursor is in the export. */
const CURSOR_HEADER = "edgetape-cursor";

export const exportRoutes = new Hono<AppEnv>().get("/api/export", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const nowUs = (Date.now() * 1_000) as EpochUs;
  const known = ["symbol", "kind", "metric", "from", "to", "precision"];
  const parameters = new Parameters(c.req.url, known, nowUs);
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
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const refused = await refuseRead(c, [symbol]);
  if (refused !== null) return refused;
  const correlationId = c.get("correlationId");
  // A database that is away is a refusal like any other as long as nothing has been answered.
  const { tail, pages, first } = await inTurn(c, async () => {
    const tail = await readTail(c.env, symbol);
    const pages = readExport(
      databaseOf(c.get("config")),
      {
        ...{ symbol, kind, metric, fromUs, toUs, pageRows: PAGE_ROWS },
        ...{ storedThrough: tail.storedThrough, tailCursor: tail.cursor, tail: tail.events },
      },
      correlationId,
    );
    return { tail, pages, first: await pages.next() };
  });
  // What has begun waits for its place, which it does not hold while its reader reads.
  const next = () => inTurn(c, () => pages.next(), PAGE_PATIENCE_MS);
  const log = c.get("log");
  const stream = streamOf(linesOf(symbol, first, next, pages), (error) => {
    log.error("export_failed", { correlation_id: correlationId, symbol, detail: String(error) });
  });
  return c.body(stream, 200, {
    "content-type": "application/x-ndjson",
    "cache-control": "no-store",
    [CURSOR_HEADER]: String(tail.cursor),
  });
});

/** A page a text, an event a line: as on the wire, and its symbol, so that it can be pushed again. */
async function* linesOf(
  symbol: SymbolName,
  first: IteratorResult<TapeEvent[], void>,
  next: () => Promise<IteratorResult<TapeEvent[], void>>,
  pages: AsyncGenerator<TapeEvent[], void>,
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
