import { Hono } from "hono";
import { DAY_US } from "../core/duration.ts";
import { type AddressedEvent, encodeEvents } from "../core/encode-events.ts";
import { lineOf } from "../db/driver/database-error.ts";
import { countSetAside } from "../db/store/count-set-aside.ts";
import type { PushFormat, Timed } from "../formats/decode-push.ts";
import { bookPush, metricPush, positionPush, tradePush } from "../formats/event-pushes.ts";
import { authorize, refuseSymbols } from "../middleware/authorize.ts";
import type { AppContext, AppEnv } from "../middleware/context.ts";
import { refuseRooms } from "../middleware/descriptors.ts";
import { badParameters, problem } from "../middleware/problem.ts";
import { storageFull, storageWatch } from "../middleware/storage.ts";
import type { Accepted } from "../protocol/answers.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { Cursor } from "../protocol/time.ts";
import { appendToRooms, roomOf, type SymbolOutcome } from "./append-to-rooms.ts";
import { databaseOf } from "./database-of.ts";
import { claimKey, keyReused, readKey } from "./idempotency.ts";
import { unmetOf } from "./known-symbols.ts";
import { refuseNewRooms } from "./new-rooms.ts";
import { readBatch, wantsPost } from "./read-batch.ts";

/** Longest wait for `?wait=stored`; after it the answer is 202, for the batch is durable all the same. */
const STORED_WAIT_MS = 30_000;
const FULL_RETRY_S = 5;
/** Raw data is kept for a day at least, so no hour is closed that is younger. */
const YOUNGEST_CLOSED_US = DAY_US;

export const ingestRoutes = new Hono<AppEnv>()
  .post("/api/metrics", (c) => ingest(c, metricPush))
  .post("/api/trades", (c) => ingest(c, tradePush))
  .post("/api/positions", (c) => ingest(c, positionPush))
  .post("/api/books", (c) => ingest(c, bookPush))
  .all("/api/metrics", wantsPost)
  .all("/api/trades", wantsPost)
  .all("/api/positions", wantsPost)
  .all("/api/books", wantsPost);

async function ingest<Push extends Timed>(
  c: AppContext,
  format: PushFormat<Push, AddressedEvent>,
): Promise<Response> {
  const authorization = await authorize(c, "write");
  if (authorization.kind === "refused") return authorization.response;
  if (await storageWatch(c).isFull()) return storageFull(c);
  const wait = c.req.query("wait");
  if (wait !== undefined && wait !== "stored") {
    return badParameters(c, [{ path: "wait", message: 'must be "stored", or absent' }]);
  }
  const keyed = readKey(c);
  if (keyed.kind === "refused") return keyed.response;
  const batch = await readBatch(c, format);
  if (batch.kind === "refused") return batch.response;
  const batches = encodeEvents(batch.items);
  const symbols = batches.map(({ symbol }) => symbol);
  const outside = refuseSymbols(c, authorization.grant, symbols);
  if (outside !== null) return outside;
  // A symbol that is new cannot have a part of so many series already, and its room need not be made to refuse them.
  const { LIMIT_SERIES: most } = c.get("config");
  const fresh = new Set(unmetOf(c.env, symbols));
  const wide = batches.find(
    ({ symbol, series }) => fresh.has(symbol) && (series?.length ?? 0) > most,
  );
  if (most > 0 && wide !== undefined) return tooManySeries(c, wide.symbol);
  const tooMany =
    (await refuseRooms(c, symbols, "push")) ??
    (await refuseNewRooms(c, authorization.grant, symbols));
  if (tooMany !== null) return tooMany;
  const claim = await claimKey(c, authorization.grant, keyed.key, batch.text);
  if (claim.kind === "refused") return claim.response;
  const outcomes = await appendToRooms(c, batches, claim.request);
  return answer(c, outcomes, batch.items, wait === "stored");
}

async function answer(
  c: AppContext,
  outcomes: readonly SymbolOutcome[],
  events: readonly AddressedEvent[],
  untilStored: boolean,
): Promise<Response> {
  const cursors: Record<string, Cursor> = {};
  for (const { symbol, outcome } of outcomes) {
    switch (outcome.kind) {
      case "appended":
      case "repeated":
        cursors[symbol] = outcome.cursor;
        break;
      case "key_reused":
        return keyReused(c);
      case "too_many_series":
        return tooManySeries(c, symbol);
      case "full":
        return problem(c, {
          status: 503,
          type: "outbox-full",
          title: "The database is behind",
          detail: `The outbox of ${symbol} is full because the database does not take its events. Nothing of this batch was taken; send it again later.`,
          retryAfterS: FULL_RETRY_S,
        });
      default:
        outcome satisfies never;
    }
  }
  const body: Accepted = { accepted: events.length, cursors };
  if (!untilStored) return c.json(body, 202);
  const stored = await Promise.all(
    outcomes.map(({ symbol }) => {
      const cursor = cursors[symbol];
      return cursor === undefined || roomOf(c.env, symbol).untilStored(cursor, STORED_WAIT_MS);
    }),
  );
  const setAside = stored.every(Boolean) ? await readSetAside(c, events) : null;
  if (setAside === null) return c.json(body, 202);
  if (setAside.size > 0) body.set_aside = Object.fromEntries(setAside);
  return c.json(body, 200);
}

/** The room has as many series as it takes, and the batch would bring more (SPEC L-22). */
function tooManySeries(c: AppContext, symbol: SymbolName): Response {
  const limit = c.get("config").LIMIT_SERIES;
  return problem(c, {
    status: 422,
    type: "too-many-series",
    title: "Too many series",
    detail: `${symbol} may have ${limit} series (LIMIT_SERIES), a series being a metric with its labels, and this batch would bring more. Nothing of it was taken; points of the series that ${symbol} has are taken as before. What has ever new values, such as an id, belongs into no label.`,
  });
}

/** How many of the stored events count nowhere, by symbol; null where the database has gone away since. */
async function readSetAside(
  c: AppContext,
  events: readonly AddressedEvent[],
): Promise<Map<SymbolName, number> | null> {
  const sinceUs = Date.now() * 1_000 - YOUNGEST_CLOSED_US;
  const old = events.filter(({ event }) => event.ts < sinceUs);
  if (old.length === 0) return new Map();
  try {
    return await countSetAside(databaseOf(c.get("config")), old, c.get("correlationId"));
  } catch (error) {
    const { level, fields } = lineOf(error);
    c.get("log")[level]("set_aside_unknown", { correlation_id: c.get("correlationId"), ...fields });
    return null;
  }
}
