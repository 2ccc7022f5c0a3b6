import { Hono } from "hono";
import { Rooms } from "../bindings/rooms.ts";
import { matchesEtag } from "../core/answers/caching.ts";
import { accessOf, coverSymbols, needs } from "../http/access/authorize.ts";
import { covers } from "../http/access/token.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { takeHostsOf } from "../http/limits/descriptors.ts";
import { storageWatch } from "../http/limits/storage.ts";
import { notKnownYet } from "../http/problems/symbol-refusals.ts";
import { admitRead } from "../http/query/admit-read.ts";
import { joinedList } from "../http/query/joined-list.ts";
import { Parameters } from "../http/query/parameters.ts";
import { listSourcesOf } from "../http/sources/list-sources.ts";
import type { PollAnswer } from "../protocol/answers/answers.ts";
import { channelFault, MOST_CHANNELS } from "../protocol/streams/channels.ts";
import { pageOfChannels } from "../reads/rooms/page-of-channels.ts";
import { pollSymbol } from "../reads/rooms/poll-symbol.ts";
import {
  type ListReader,
  type LookSources,
  watchedSymbolsOf,
} from "../reads/rooms/watch-symbols.ts";

export const symbolRoutes = new Hono<AppEnv>()
  .get("/api/symbols", needs("read"), async (c) => {
    const parameters = new Parameters(c.req.url, ["wait"], c.get("nowUs")());
    const waitS = parameters.count("wait", { min: 0, max: 30, fallback: 0 });
    parameters.check();
    const { grant } = accessOf(c);
    const reader: ListReader = {
      key: JSON.stringify(grant.symbols),
      sees: (symbol) => covers(grant, symbol),
    };
    const tag = c.req.header("if-none-match");
    const list = watchedSymbolsOf(c.env);
    const view = await (waitS === 0
      ? list.read(lookSourcesOf(c), reader)
      : list.watch(lookSourcesOf(c), reader, { tag, waitMs: waitS * 1_000 }));
    if (view.isUnsure) throw notKnownYet([]);
    const headers = {
      etag: view.etag,
      "cache-control": "private, no-cache",
      vary: "Authorization",
    };
    if (matchesEtag(tag, view.etag)) return c.body(null, 304, headers);
    return c.body(view.text, 200, { ...headers, "content-type": "application/json" });
  })
  .get("/api/rooms/:symbol/events", needs("read"), async (c) => {
    const known = ["since", "log", "limit", "wait", "channels"];
    const parameters = new Parameters(c.req.url, known, c.get("nowUs")());
    const symbol = parameters.symbol("symbol", c.req.param("symbol"));
    const { since, log } = parameters.resumption();
    const limit = parameters.count("limit", { min: 1, max: 10_000, fallback: 1_000 });
    const waitS = parameters.count("wait", { min: 0, max: 30, fallback: 0 });
    const channels = joinedList(parameters, "channels", MOST_CHANNELS, channelFault);
    parameters.check();
    if (waitS > 0) {
      // It may be waited for what nobody has pushed yet.
      coverSymbols(c, [symbol]);
      await takeHostsOf(c, [symbol], "read");
    } else {
      await admitRead(c, [symbol]);
    }
    const whole = await pollSymbol(
      new Rooms(c.env),
      { symbol, since, log, limit, waitMs: waitS * 1_000 },
      (detail) => storageWatch(c).failed(detail),
    );
    const page = channels.length === 0 ? whole : pageOfChannels(whole, channels);
    const { cursor, oldest, complete, gaps, reset } = page;
    const answer: Omit<PollAnswer, "events"> = { cursor, oldest, complete };
    if (page.log !== null) answer.log = page.log;
    if (gaps !== undefined) answer.gaps = gaps;
    if (reset === true) answer.reset = true;
    if (page.frames.length > 1) {
      answer.frames = page.frames.map((frame) => [cursor - frame.cursor, frame.count]);
    }
    // The events are encoded already, unless channels leave some out: decoding them only to encode them again would be most of the work.
    const rest = JSON.stringify(answer).slice(1);
    return c.body(`{"events":[${page.events}],${rest}`, 200, {
      "content-type": "application/json",
      "cache-control": "no-store",
    });
  });

function lookSourcesOf(c: AppContext): LookSources {
  return { ...listSourcesOf(c), signal: c.req.raw.signal };
}
