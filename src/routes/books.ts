import { Hono } from "hono";
import { Rooms } from "../bindings/rooms.ts";
import { needs } from "../http/access/authorize.ts";
import type { AppEnv } from "../http/context.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { notKnownYet } from "../http/problems/symbol-refusals.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { sourcesOf } from "../http/sources/sources.ts";
import { MAX_BOOK_LEVELS } from "../protocol/events/book-limits.ts";
import { readSampleAt } from "../reads/symbols/book-at.ts";

const DEPTH = { min: 1, max: MAX_BOOK_LEVELS, fallback: MAX_BOOK_LEVELS };

/** The order book of a symbol: now, as its room knows it by heart, or the last sample at a moment or before (SPEC D-7). */
export const bookRoutes = new Hono<AppEnv>().get("/api/books/:symbol", needs("read"), async (c) => {
  const parameters = new Parameters(c.req.url, ["depth", "at", "precision"], c.get("nowUs")());
  const symbol = parameters.symbol("symbol", c.req.param("symbol"));
  const levels = parameters.count("depth", DEPTH);
  const atUs = parameters.time("at");
  parameters.check();
  await admitRead(c, [symbol]);
  const answer =
    atUs === undefined
      ? await new Rooms(c.env).hostOf(symbol).book(symbol, levels)
      : await inTurn(c, () => readSampleAt(sourcesOf(c), { symbol, atUs, levels }));
  if (answer === null) throw notKnownYet([symbol]);
  return c.json(answer, 200, { "cache-control": "no-store" });
});
