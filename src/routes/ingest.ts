import { Hono } from "hono";
import { type Appended, appendToHosts } from "../appends/append-to-hosts.ts";
import { claimKey, identify, readKey } from "../appends/idempotency.ts";
import { askHosts } from "../bindings/ask-hosts.ts";
import { hostAt } from "../bindings/objects.ts";
import { DAY_US } from "../core/duration.ts";
import { type AddressedEvent, encodeEvents } from "../core/encode-events.ts";
import { loneHost } from "../core/placement.ts";
import { lineOf } from "../db/driver/database-error.ts";
import { countSetAside } from "../db/store/count-set-aside.ts";
import type { PushFormat, Timed } from "../formats/decode-push.ts";
import { bookPush, metricPush, positionPush, tradePush } from "../formats/event-pushes.ts";
import { authorize, refuseSymbols } from "../http/access/authorize.ts";
import { readBatch, wantsPost } from "../http/body/read-batch.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { endTurn } from "../http/limits/bodies.ts";
import { refuseHosts } from "../http/limits/descriptors.ts";
import { storageFull, storageWatch } from "../http/limits/storage.ts";
import { badParameters } from "../http/problems/problem.ts";
import { refusePush } from "../http/problems/push-refusals.ts";
import type { Accepted } from "../protocol/answers.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import { databaseOf } from "../reads/database-of.ts";

/** Longest wait for `?wait=stored`; after it the answer is 202, for the batch is durable all the same. */
const STORED_WAIT_MS = 30_000;
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
  const tooMany = await refuseHosts(c, symbols, "push");
  if (tooMany !== null) return tooMany;
  const { grant } = authorization;
  const idempotency = await identify(c, grant, keyed.key, batch.text);
  // A lone host finds the key in its own log.
  const reused = loneHost(c.get("config")) === null ? await claimKey(c, idempotency) : null;
  if (reused !== null) return reused;
  const outcome = await appendToHosts(c, { batches, holder: grant.holder, idempotency });
  // Whoever waits for Postgres keeps nobody from being read.
  endTurn(c);
  if (outcome.kind !== "appended") return refusePush(c, outcome);
  return answer(c, outcome, batch.items, wait === "stored");
}

async function answer(
  c: AppContext,
  { cursors, hosts }: Appended,
  events: readonly AddressedEvent[],
  untilStored: boolean,
): Promise<Response> {
  const body: Accepted = { accepted: events.length, cursors };
  if (!untilStored) return c.json(body, 202);
  // The others take memory while Postgres is waited for.
  const sinceUs = Date.now() * 1_000 - YOUNGEST_CLOSED_US;
  const old = events.filter(({ event }) => event.ts < sinceUs);
  const stored = await askHosts(hosts, ({ host, through }) =>
    hostAt(c.env, host).untilStored(through, STORED_WAIT_MS),
  );
  const setAside = stored.every(Boolean) ? await readSetAside(c, old) : null;
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
    c.get("log")[level]("set_aside_unknown", { correlation_id: c.get("correlationId"), ...fields });
    return null;
  }
}
