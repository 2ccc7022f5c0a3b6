import { Hono } from "hono";
import { hostOfSymbol } from "../bindings/ask-hosts.ts";
import { readPositions } from "../db/events/read-positions.ts";
import { authorize, refuseSymbols } from "../http/access/authorize.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { badParameters } from "../http/problems/problem.ts";
import { Parameters } from "../http/query/parameters.ts";
import type { PositionsAnswer } from "../protocol/answers.ts";
import type { PositionEvent } from "../protocol/event.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import { databaseOf } from "../reads/database-of.ts";
import { notKnownYet, refuseRead } from "../reads/rooms/known-symbols.ts";
import { readTail } from "../reads/rooms/room-tail.ts";

const ACCOUNTS = { min: 1, max: 10_000, fallback: 10_000 };

interface Page {
  /** Accounts after this one by name; null: from the first. */
  after: string | null;
  limit: number;
}

/** What is held of a symbol now: as its room knows it by heart, or, where that is too much to know by heart, from Postgres. */
export const positionsRoutes = new Hono<AppEnv>().get("/api/positions/:symbol", async (c) => {
  const authorization = await authorize(c, "read");
  if (authorization.kind === "refused") return authorization.response;
  const parameters = new Parameters(c.req.url, ["limit", "after"], (Date.now() * 1_000) as EpochUs);
  const symbol = parameters.symbol("symbol", c.req.param("symbol"));
  const page = {
    limit: parameters.count("limit", ACCOUNTS),
    after: parameters.text("after") ?? null,
  };
  if (parameters.issues.length > 0) return badParameters(c, parameters.issues);
  const outside = refuseSymbols(c, authorization.grant, [symbol]);
  if (outside !== null) return outside;
  const refused = await refuseRead(c, [symbol]);
  if (refused !== null) return refused;
  const held = await hostOfSymbol(c.env, symbol).positions(symbol);
  if (held === null) return notKnownYet(c, [symbol]);
  const answer = held.isCut
    ? await storedPositions(c, symbol, page)
    : { symbol, cursor: held.cursor, ...pageOf(held.positions, page) };
  return c.json(answer, 200, { "cache-control": "no-store" });
});

async function storedPositions(
  c: AppContext,
  symbol: SymbolName,
  { after, limit }: Page,
): Promise<PositionsAnswer> {
  const { storedThrough, cursor, events } = await readTail(c.env, symbol);
  const tail = events.flatMap(({ event }) => (event.kind === "position" ? [event] : []));
  const { positions, accounts } = await readPositions(
    databaseOf(c.get("config")),
    { symbol, storedThrough, tailCursor: cursor, tail, after, limit: limit + 1 },
    c.get("correlationId"),
  );
  return { symbol, cursor, accounts, ...cut(positions, limit) };
}

function pageOf(positions: readonly PositionEvent[], { after, limit }: Page) {
  const sorted = [...positions].sort((a, b) => (accountOf(a) < accountOf(b) ? -1 : 1));
  const rest = sorted.filter((one) => after === null || accountOf(one) > after);
  return { accounts: positions.length, ...cut(rest, limit) };
}

/** The first `limit` of them; `next` is the `after` of the next page where there are more. */
function cut(positions: PositionEvent[], limit: number) {
  const shown = positions.slice(0, limit);
  const truncated = positions.length > limit;
  const last = shown.at(-1);
  return {
    positions: shown,
    truncated,
    ...(truncated && last !== undefined && { next: accountOf(last) }),
  };
}

function accountOf({ account }: PositionEvent): string {
  return account ?? "";
}
