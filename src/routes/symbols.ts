import { Hono } from "hono";
import { matchesEtag } from "../core/caching.ts";
import { authorize, refuseSymbols } from "../middleware/authorize.ts";
import type { AppEnv } from "../middleware/context.ts";
import { badParameters } from "../middleware/problem.ts";
import type { PollAnswer } from "../protocol/answers.ts";
import type { EpochUs } from "../protocol/time.ts";
import { notKnownYet } from "./known-symbols.ts";
import { Parameters } from "./parameters.ts";
import { pollSymbol } from "./poll-symbol.ts";
import { readSymbols, watchSymbols } from "./watch-symbols.ts";

export const symbolRoutes = new Hono<AppEnv>()
  .get("/api/symbols", async (c) => {
    const authorization = await authorize(c, "read");
    if (authorization.kind === "refused") return authorization.response;
    const parameters = new Parameters(c.req.url, ["wait"], (Date.now() * 1_000) as EpochUs);
    const waitS = parameters.count("wait", { min: 0, max: 30, fallback: 0 });
    if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
    const { grant } = authorization;
    const tag = c.req.header("if-none-match");
    const view = await (waitS === 0
      ? readSymbols(c, grant)
      : watchSymbols(c, grant, { tag, waitMs: waitS * 1_000 }));
    if (view.isUnsure) return notKnownYet(c, []);
    const headers = {
      etag: view.etag,
      "cache-control": "private, no-cache",
      vary: "Authorization",
    };
    if (matchesEtag(tag, view.etag)) return c.body(null, 304, headers);
    return c.body(view.text, 200, { ...headers, "content-type": "application/json" });
  })
  .get("/api/rooms/:symbol/events", async (c) => {
    const authorization = await authorize(c, "read");
    if (authorization.kind === "refused") return authorization.response;
    const parameters = new Parameters(
      c.req.url,
      ["since", "log", "limit", "wait"],
      (Date.now() * 1_000) as EpochUs,
    );
    const symbol = parameters.symbol("symbol", c.req.param("symbol"));
    const { since, log } = parameters.resumption();
    const limit = parameters.count("limit", { min: 1, max: 10_000, fallback: 1_000 });
    const waitS = parameters.count("wait", { min: 0, max: 30, fallback: 0 });
    if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
    const outside = refuseSymbols(c, authorization.grant, [symbol]);
    if (outside !== null) return outside;
    const page = await pollSymbol(c, { symbol, since, log, limit, waitMs: waitS * 1_000 });
    if (page instanceof Response) return page;
    const { cursor, oldest, complete, reset } = page;
    const answer: Omit<PollAnswer, "events"> = { cursor, oldest, complete };
    if (page.log !== null) answer.log = page.log;
    if (reset === true) answer.reset = true;
    if (page.frames.length > 1) {
      answer.frames = page.frames.map((frame) => [cursor - frame.cursor, frame.count]);
    }
    // The events are encoded already: decoding them only to encode them again would be most of the work.
    const rest = JSON.stringify(answer).slice(1);
    return c.body(`{"events":[${page.events}],${rest}`, 200, {
      "content-type": "application/json",
      "cache-control": "no-store",
    });
  });
