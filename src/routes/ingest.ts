import { Hono } from "hono";
import { encodeEvents } from "../core/encode-events.ts";
import {
  type AnyPush,
  decodePush,
  metricPush,
  type PushFormat,
  positionPush,
  tradePush,
} from "../formats/decode-push.ts";
import type { Decoded, ParsedBody } from "../formats/decoded.ts";
import { parseJson, parseNdjson } from "../formats/json.ts";
import { authorize, refuseSymbols } from "../middleware/authorize.ts";
import { readBody } from "../middleware/body.ts";
import type { AppContext, AppEnv } from "../middleware/context.ts";
import { badParameters, problem } from "../middleware/problem.ts";
import type { Accepted } from "../protocol/answers.ts";
import type { Cursor, EpochUs } from "../protocol/time.ts";
import { appendToRooms, roomOf, type SymbolOutcome } from "./append-to-rooms.ts";
import { refuseBody, unreadable } from "./refuse-body.ts";

/** Longest wait for `?wait=stored`; after it the answer is 202, for the batch is durable all the same. */
const STORED_WAIT_MS = 30_000;
const FULL_RETRY_S = 5;
const KEY_GRAMMAR = /^[\x21-\x7e]{1,255}$/;

export const ingestRoutes = new Hono<AppEnv>()
  .post("/api/metrics", (c) => ingest(c, metricPush))
  .post("/api/trades", (c) => ingest(c, tradePush))
  .post("/api/positions", (c) => ingest(c, positionPush))
  .all("/api/metrics", wantsPost)
  .all("/api/trades", wantsPost)
  .all("/api/positions", wantsPost);

async function ingest<Push extends AnyPush>(
  c: AppContext,
  format: PushFormat<Push>,
): Promise<Response> {
  const authorization = await authorize(c, "write");
  if (authorization.kind === "refused") return authorization.response;
  const wait = c.req.query("wait");
  if (wait !== undefined && wait !== "stored") {
    return badParameters(c, [{ path: "wait", message: 'must be "stored", or absent' }]);
  }
  const key = c.req.header("idempotency-key") ?? null;
  if (key !== null && !KEY_GRAMMAR.test(key)) {
    const message = "must be 1 to 255 visible ASCII characters";
    return badParameters(c, [{ path: "Idempotency-Key", message }]);
  }
  const config = c.get("config");
  const body = await readBody(c.req.raw, {
    rawBytes: config.LIMIT_BODY_BYTES,
    unzippedBytes: config.LIMIT_UNZIPPED_BYTES,
  });
  if (body.kind !== "text") return refuseBody(c, body);
  const parsed = parseAs(c.req.header("content-type"), body.text);
  if (parsed === null) return refuseContentType(c);
  const decoded = decodePush(parsed, format, (Date.now() * 1_000) as EpochUs);
  if (decoded.kind !== "events") return refuseEvents(c, decoded);
  const batches = encodeEvents(decoded.events);
  const symbols = batches.map((batch) => batch.symbol);
  const outside = refuseSymbols(c, authorization.grant, symbols);
  if (outside !== null) return outside;
  const idempotency =
    key === null ? null : { key, fingerprint: await fingerprintOf(c.req.path, body.text) };
  const outcomes = await appendToRooms(c, batches, idempotency);
  return answer(c, outcomes, decoded.events.length, wait === "stored");
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
        return problem(c, {
          status: 422,
          type: "idempotency-key-reused",
          title: "Idempotency-Key used for another body",
          detail:
            "This Idempotency-Key came with another body before: use a new key for a new batch.",
        });
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

function parseAs(contentType: string | undefined, text: string): ParsedBody | null {
  const [media = ""] = (contentType ?? "application/json").split(";");
  switch (media.trim().toLowerCase()) {
    // What curl -d says unless it is told otherwise; nobody means a form here.
    case "application/x-www-form-urlencoded":
    case "application/json":
      return parseJson(text);
    case "application/x-ndjson":
    case "application/ndjson":
    case "application/jsonl":
      return parseNdjson(text);
    default:
      return null;
  }
}

/** Digest of what was asked, so that a key reused for another body is found out (SPEC I-6). */
async function fingerprintOf(path: string, text: string): Promise<string> {
  const bytes = new TextEncoder().encode(`${path}\n${text}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return btoa(String.fromCharCode(...digest.subarray(0, 16)));
}

function wantsPost(c: AppContext): Response {
  const response = problem(c, {
    status: 405,
    type: "method-not-allowed",
    title: "Only POST is taken here",
    detail: `${c.req.path} takes POST. What was pushed is read at /api/history/SYMBOL, /api/series and /api/positions/SYMBOL.`,
  });
  response.headers.set("allow", "POST");
  return response;
}

function refuseContentType(c: AppContext): Response {
  return problem(c, {
    status: 415,
    type: "unsupported-media-type",
    title: "Content-Type not supported",
    detail: "Send Content-Type: application/json or application/x-ndjson.",
  });
}

function refuseEvents(c: AppContext, decoded: Exclude<Decoded, { kind: "events" }>): Response {
  if (decoded.kind === "unreadable") return unreadable(c, decoded.detail);
  const more = decoded.more > 0 ? ` (${decoded.more} more not listed)` : "";
  return problem(c, {
    status: 422,
    type: "invalid-events",
    title: "Some items are not right",
    detail: `Nothing of the batch was taken: see errors${more}.`,
    errors: decoded.issues,
  });
}
