import { Hono } from "hono";
import type { Appended } from "../appends/append-to-hosts.ts";
import type { AddressedEvent } from "../core/events/encode-events.ts";
import { DAY_US } from "../core/time/duration.ts";
import { lineOf } from "../db/driver/database-error.ts";
import { countSetAside } from "../db/store/count-set-aside.ts";
import type { PushFormat, Timed } from "../formats/decode-push.ts";
import { bookPush, metricPush, positionPush, tradePush } from "../formats/event-pushes.ts";
import { notePush, orderPush } from "../formats/order-pushes.ts";
import { needs } from "../http/access/authorize.ts";
import { readIdempotencyKey } from "../http/body/idempotency-key.ts";
import { readBatch, wantsPost } from "../http/body/read-batch.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { needsStorage } from "../http/limits/storage.ts";
import { takePush } from "../http/pushes/take-push.ts";
import { untilStored, waitsUntilStored } from "../http/pushes/until-stored.ts";
import { databaseOf } from "../http/sources/database-of.ts";
import type { Accepted } from "../protocol/answers/answers.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";

/** Raw data is kept for a day at least, so no hour is closed that is younger. */
const YOUNGEST_CLOSED_US = DAY_US;

export const ingestRoutes = new Hono<AppEnv>()
  .post("/api/metrics", needs("write"), needsStorage, (c) => ingest(c, metricPush))
  .post("/api/trades", needs("write"), needsStorage, (c) => ingest(c, tradePush))
  .post("/api/positions", needs("write"), needsStorage, (c) => ingest(c, positionPush))
  .post("/api/books", needs("write"), needsStorage, (c) => ingest(c, bookPush))
  .post("/api/orders", needs("write"), needsStorage, (c) => ingest(c, orderPush))
  .post("/api/notes", needs("write"), needsStorage, (c) => ingest(c, notePush))
  .all("/api/metrics", wantsPost)
  .all("/api/trades", wantsPost)
  .all("/api/positions", wantsPost)
  .all("/api/books", wantsPost)
  .all("/api/orders", wantsPost)
  .all("/api/notes", wantsPost);

async function ingest<Push extends Timed>(
  c: AppContext,
  format: PushFormat<Push, AddressedEvent>,
): Promise<Response> {
  const waits = waitsUntilStored(c);
  const key = readIdempotencyKey(c);
  const { items, text } = await readBatch(c, format);
  const outcome = await takePush(c, items, { key, body: () => text });
  return answer(c, outcome, items, waits);
}

async function answer(
  c: AppContext,
  { cursors, hosts }: Appended,
  events: readonly AddressedEvent[],
  waits: boolean,
): Promise<Response> {
  const body: Accepted = { accepted: events.length, cursors };
  if (!waits) return c.json(body, 202);
  // The others take memory while Postgres is waited for.
  const sinceUs = c.get("nowUs")() - YOUNGEST_CLOSED_US;
  const old = events.filter(({ event }) => event.ts < sinceUs);
  const setAside = (await untilStored(c, hosts)) ? await readSetAside(c, old) : null;
  if (setAside === null) return c.json(body, 202);
  if (setAside.size > 0) body.set_aside = Object.fromEntries(setAside);
  return c.json(body, 200);
}

/** How many of the stored events count nowhere, by symbol; null where the database has gone away since. */
async function readSetAside(
  c: AppContext,
  old: readonly AddressedEvent[],
): Promise<Map<SymbolName, number> | null> {
  if (old.length === 0) return new Map();
  try {
    return await countSetAside(databaseOf(c.get("config")), old, c.get("correlationId"));
  } catch (error) {
    const { level, fields } = lineOf(error);
    c.get("logger")[level]("set_aside_unknown", {
      correlation_id: c.get("correlationId"),
      ...fields,
    });
    return null;
  }
}
