import { Hono } from "hono";
import { authorize, refuseSymbols } from "../middleware/authorize.ts";
import type { AppEnv } from "../middleware/context.ts";
import { badParameters } from "../middleware/problem.ts";
import { MAX_BOOK_LEVELS } from "../protocol/book-limits.ts";
import type { EpochUs } from "../protocol/time.ts";
import { roomOf } from "./append-to-rooms.ts";
import { Parameters } from "./parameters.ts";

const DEPTH = { min: 1, max: MAX_BOOK_LEVELS, fallback: MAX_BOOK_LEVELS };

/** The order book of a symbol now, as its room knows it by heart. */
export const bookRoutes = new Hono<AppEnv>().get("/api/books/:symbol", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const parameters = new Parameters(c.req.url, ["depth"], (Date.now() * 1_000) as EpochUs);
  const symbol = parameters.symbol("symbol", c.req.param("symbol"));
  const levels = parameters.count("depth", DEPTH);
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const answer = await roomOf(c.env, symbol).book(symbol, levels);
  return c.json(answer, 200, { "cache-control": "no-store" });
});
