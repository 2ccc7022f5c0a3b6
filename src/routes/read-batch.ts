import { TIME_UNITS } from "../core/timestamp.ts";
import { decodePush, type PushFormat, type Timed } from "../formats/decode-push.ts";
import type { Decoded, ParsedBody } from "../formats/decoded.ts";
import { parseJson, parseNdjson } from "../formats/json.ts";
import { readBody } from "../middleware/body.ts";
import type { AppContext } from "../middleware/context.ts";
import { badParameters, problem } from "../middleware/problem.ts";
import type { EpochUs } from "../protocol/time.ts";
import { refuseBody, unreadable } from "./refuse-body.ts";

/** A posted batch: all of its items, and the text that tells it from any other; or the answer that says why none was taken. */
export type BatchReading<Item> =
  | { kind: "items"; items: Item[]; text: string }
  | { kind: "refused"; response: Response };

/** Reads the body of an ingest route (SPEC I-1 to I-5). */
export async function readBatch<Push extends Timed, Item>(
  c: AppContext,
  format: PushFormat<Push, Item>,
): Promise<BatchReading<Item>> {
  const unit = TIME_UNITS.find((one) => one === c.req.query("precision"));
  if (unit === undefined && c.req.query("precision") !== undefined) {
    const message = `must be one of ${TIME_UNITS.join(", ")}: the unit of integer times`;
    return { kind: "refused", response: badParameters(c, [{ path: "precision", message }]) };
  }
  const config = c.get("config");
  const body = await readBody(c.req.raw, {
    rawBytes: config.LIMIT_BODY_BYTES,
    unzippedBytes: config.LIMIT_UNZIPPED_BYTES,
  });
  if (body.kind !== "text") return { kind: "refused", response: refuseBody(c, body) };
  const parsed = parseAs(c.req.header("content-type"), body.text);
  if (parsed === null) return { kind: "refused", response: refuseContentType(c) };
  const decoded = decodePush(parsed, format, (Date.now() * 1_000) as EpochUs, unit);
  if (decoded.kind !== "items") return { kind: "refused", response: refuseItems(c, decoded) };
  // Under another unit the same text is another batch.
  const text = unit === undefined ? body.text : `${unit} ${body.text}`;
  return { kind: "items", items: decoded.items, text };
}

/** The answer of an ingest route to any other method. */
export function wantsPost(c: AppContext): Response {
  const response = problem(c, {
    status: 405,
    type: "method-not-allowed",
    title: "Only POST is taken here",
    detail: `${c.req.path} takes POST. What was pushed is read at /api/history/SYMBOL, /api/series, /api/positions/SYMBOL and /api/books/SYMBOL.`,
  });
  response.headers.set("allow", "POST");
  return response;
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

function refuseContentType(c: AppContext): Response {
  return problem(c, {
    status: 415,
    type: "unsupported-media-type",
    title: "Content-Type not supported",
    detail: "Send Content-Type: application/json or application/x-ndjson.",
  });
}

function refuseItems(
  c: AppContext,
  decoded: Exclude<Decoded<unknown>, { kind: "items" }>,
): Response {
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
