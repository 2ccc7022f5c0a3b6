import { Hono } from "hono";
import { EARLIEST_US, MAX_AHEAD_US } from "../core/time/timestamp.ts";
import { needs } from "../http/access/authorize.ts";
import type { AppEnv } from "../http/context.ts";
import { inTurn } from "../http/limits/heavy-queries.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { sourcesOf } from "../http/sources/sources.ts";
import { notePlaceOf, readSymbolNotes } from "../reads/symbols/symbol-notes.ts";

const KNOWN = ["from", "to", "precision", "limit", "after"];

/** The marks on a symbol's chart, the newest first. */
export const noteRoutes = new Hono<AppEnv>().get("/api/notes/:symbol", needs("read"), async (c) => {
  const nowUs = c.get("nowUs")();
  const parameters = new Parameters(c.req.url, KNOWN, nowUs);
  const symbol = parameters.symbol("symbol", c.req.param("symbol"));
  const { fromUs, toUs } = parameters.range(nowUs + MAX_AHEAD_US + 1, () => EARLIEST_US);
  const limit = parameters.count("limit", { min: 1, max: 10_000, fallback: 1_000 });
  const text = parameters.text("after");
  const after = text === undefined ? null : notePlaceOf(text);
  if (text !== undefined && after === null) {
    parameters.refuse("after", "must be what an answer gave as next");
  }
  parameters.check();
  await admitRead(c, [symbol]);
  const query = { symbol, fromUs, toUs, after, limit };
  const answer = await inTurn(c, () => readSymbolNotes(sourcesOf(c), query));
  return c.json(answer, 200, { "cache-control": "no-store" });
});
