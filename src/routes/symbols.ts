import { Hono } from "hono";
import { keeperAt } from "../bindings/objects.ts";
import { Rooms } from "../bindings/rooms.ts";
import { accessOf, coverSymbols, needs } from "../http/access/authorize.ts";
import { covers } from "../http/access/token.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { mayAsk, takeHostsOf } from "../http/limits/descriptors.ts";
import { storageWatch } from "../http/limits/storage.ts";
import { notKnownYet } from "../http/problems/symbol-refusals.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { Parameters } from "../http/query/parameters.ts";
import { warn } from "../http/warn.ts";
import type { PollAnswer, SymbolsAnswer } from "../protocol/answers.ts";
import { type ListSources, listSymbols } from "../reads/rooms/list-symbols.ts";
import { pollSymbol } from "../reads/rooms/poll-symbol.ts";

export const symbolRoutes = new Hono<AppEnv>()
  .get("/api/symbols", needs("read"), async (c) => {
    const { symbols, complete } = await listSymbols(listSourcesOf(c));
    const { grant } = accessOf(c);
    const answer: SymbolsAnswer = {
      symbols: symbols.filter(({ symbol }) => covers(grant, symbol)),
      complete,
    };
    if (!complete && answer.symbols.length === 0) throw notKnownYet([]);
    return c.json(answer, 200, { "cache-control": "no-store" });
  })
  .get("/api/rooms/:symbol/events", needs("read"), async (c) => {
    const known = ["since", "log", "limit", "wait"];
    const parameters = new Parameters(c.req.url, known, c.get("nowUs")());
    const symbol = parameters.symbol("symbol", c.req.param("symbol"));
    const { since, log } = parameters.resumption();
    const limit = parameters.count("limit", { min: 1, max: 10_000, fallback: 1_000 });
    const waitS = parameters.count("wait", { min: 0, max: 30, fallback: 0 });
    parameters.check();
    if (waitS > 0) {
      // It may be waited for what nobody has pushed yet.
      coverSymbols(c, [symbol]);
      await takeHostsOf(c, [symbol], "read");
    } else {
      await admitRead(c, [symbol]);
    }
    const page = await pollSymbol(
      new Rooms(c.env),
      { symbol, since, log, limit, waitMs: waitS * 1_000 },
      (detail) => storageWatch(c).failed(detail),
    );
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

function listSourcesOf(c: AppContext): ListSources {
  return {
    rooms: new Rooms(c.env),
    usedHosts: () => keeperAt(c.env).hosts(),
    mayOpen: (host) => mayAsk(c, [host], "read"),
    failed: (event, error, fields) => warn(c, event, error, fields),
  };
}
