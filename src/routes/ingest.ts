import { Hono } from "hono";
import { type AddressedEvent, encodeEvents } from "../core/encode-events.ts";
import type { PushFormat, Timed } from "../formats/decode-push.ts";
import { bookPush, metricPush, positionPush, tradePush } from "../formats/event-pushes.ts";
import { authorize, refuseSymbols } from "../middleware/authorize.ts";
import type { AppContext, AppEnv } from "../middleware/context.ts";
import { badParameters, problem } from "../middleware/problem.ts";
import type { Accepted } from "../protocol/answers.ts";
import type { Cursor } from "../protocol/time.ts";
import { appendToRooms, roomOf, type SymbolOutcome } from "./append-to-rooms.ts";
import { claimKey, keyReused, readKey } from "./idempotency.ts";
import { readBatch, wantsPost } from "./read-batch.ts";

/** Longest wait for `?wait=stored`; after it the answer is 202, for the batch is durable all the same. */
const STORED_WAIT_MS = 30_000;
const FULL_RETRY_S = 5;

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
  const claim = await claimKey(c, authorization.grant, keyed.key, batch.text);
  if (claim.kind === "refused") return claim.response;
  const outcomes = await appendToRooms(c, batches, claim.request);
  return answer(c, outcomes, batch.items.length, wait === "stored");
}

async function answer(
  c: AppContext,
  outcomes: readonly SymbolOutcome[],
  accepted: number,
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
  const body: Accepted = { accepted, cursors };
  if (!untilStored) return c.json(body, 202);
  const stored = await Promise.all(
    outcomes.map(({ symbol }) => {
      const cursor = cursors[symbol];
      return cursor === undefined || roomOf(c.env, symbol).untilStored(cursor, STORED_WAIT_MS);
    }),
  );
  return c.json(body, stored.every(Boolean) ? 200 : 202);
}
