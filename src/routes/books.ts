import { Hono } from "hono";
import { hostOfSymbol } from "../bindings/ask-hosts.ts";
import { topOf } from "../core/book.ts";
import { readBookAt } from "../db/events/read-book.ts";
import { sampleOf } from "../db/store/book-rows.ts";
import { authorize, refuseSymbols } from "../http/access/authorize.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { badParameters } from "../http/problems/problem.ts";
import { Parameters } from "../http/query/parameters.ts";
import type { BookAnswer } from "../protocol/answers.ts";
import type { BookEvent, Level } from "../protocol/book.ts";
import { MAX_BOOK_LEVELS } from "../protocol/book-limits.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import { databaseOf } from "../reads/database-of.ts";
import { notKnownYet, refuseRead } from "../reads/rooms/known-symbols.ts";
import { readTail } from "../reads/rooms/room-tail.ts";

const DEPTH = { min: 1, max: MAX_BOOK_LEVELS, fallback: MAX_BOOK_LEVELS };

/** The order book of a symbol: now, as its room knows it by heart, or the last sample at a moment or before (SPEC D-7). */
export const bookRoutes = new Hono<AppEnv>().get("/api/books/:symbol", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const parameters = new Parameters(
    c.req.url,
    ["depth", "at", "precision"],
    (Date.now() * 1_000) as EpochUs,
  );
  const symbol = parameters.symbol("symbol", c.req.param("symbol"));
  const levels = parameters.count("depth", DEPTH);
  const atUs = parameters.time("at");
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const refused = await refuseRead(c, [symbol]);
  if (refused !== null) return refused;
  const answer =
    atUs === undefined
      ? await hostOfSymbol(c.env, symbol).book(symbol, levels)
      : await inTurn(c, () => sampleAt(c, symbol, atUs, levels));
  if (answer === null) return notKnownYet(c, [symbol]);
  return c.json(answer, 200, { "cache-control": "no-store" });
});

async function sampleAt(
  c: AppContext,
  symbol: SymbolName,
  atUs: EpochUs,
  levels: number,
): Promise<BookAnswer> {
  const { cursor, storedThrough, events } = await readTail(c.env, symbol);
  const query = { symbol, atUs, storedThrough };
  let book = await readBookAt(databaseOf(c.get("config")), query, c.get("correlationId"));
  // What the tail has is later in the log, and so counts where the moment is the same.
  for (const { event } of events) {
    const isSample = event.kind === "book" && event.sampled === true && event.ts <= atUs;
    if (isSample && (book === null || event.ts >= book.ts)) book = sampleOf(event);
  }
  return { symbol, cursor, book: book === null ? null : cut(book, levels) };
}

function cut(book: BookEvent, levels: number): BookEvent {
  const { bids, asks } = topOf(book, levels);
  return { ...book, bids: bids as Level[], asks: asks as Level[] };
}
