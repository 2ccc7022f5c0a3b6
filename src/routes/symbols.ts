import { Hono } from "hono";
import { authorize, refuseSymbols } from "../http/access/authorize.ts";
import { covers } from "../http/access/token.ts";
import type { AppEnv } from "../http/context.ts";
import { badParameters } from "../http/problems/problem.ts";
import { Parameters } from "../http/query/parameters.ts";
import type { PollAnswer, SymbolsAnswer } from "../protocol/answers.ts";
import type { EpochUs } from "../protocol/time.ts";
import { notKnownYet } from "../reads/rooms/known-symbols.ts";
import { listSymbols } from "../reads/rooms/list-symbols.ts";
import { pollSymbol } from "../reads/rooms/poll-symbol.ts";

export const symbolRoutes = new Hono<AppEnv>()
  .get("/api/symbols", async (c) => {
    const authorization = await authorize(c, "read");
    if (authorization.kind === "refused") return authorization.response;
    const { symbols, complete } = await listSymbols(c);
    const answer: SymbolsAnswer = {
      symbols: symbols.filter(({ symbol }) => covers(authorization.grant, symbol)),
      complete,
    };
    if (!complete && answer.symbols.length === 0) return notKnownYet(c, []);
    return c.json(answer, 200, { "cache-control": "no-store" });
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
