import { Hono } from "hono";
import { authorize, refuseSymbols } from "../middleware/authorize.ts";
import type { AppEnv } from "../middleware/context.ts";
import { badParameters } from "../middleware/problem.ts";
import type { EpochUs } from "../protocol/time.ts";
import { roomOf } from "./append-to-rooms.ts";
import { Parameters } from "./parameters.ts";

/** What is held of a symbol now, as its room knows it by heart. */
export const positionsRoutes = new Hono<AppEnv>().get("/api/positions/:symbol", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const parameters = new Parameters(c.req.url, [], (Date.now() * 1_000) as EpochUs);
  const symbol = parameters.symbol("symbol", c.req.param("symbol"));
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const answer = await roomOf(c.env, symbol).positions(symbol);
  return c.json(answer, 200, { "cache-control": "no-store" });
});
