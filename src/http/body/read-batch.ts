import { arrivalClock } from "../../core/arrival-clock.ts";
import { TIME_UNITS } from "../../core/timestamp.ts";
import type { PushFormat, Timed } from "../../formats/decode-push.ts";
import { decodeInSlices } from "../../formats/decode-slices.ts";
import { type Decoded, MAX_ISSUES, type ParsedBody } from "../../formats/decoded.ts";
import { parseJson, parseNdjson } from "../../formats/json.ts";
import { type Oddity, surveyJson } from "../../formats/survey-json.ts";
import type { AppContext } from "../context.ts";
import { awaitTurn } from "../limits/bodies.ts";
import { badParameters, problem } from "../problems/problem.ts";
import { readBody } from "./read-body.ts";
import { refuseBody, unreadable } from "./refuse-body.ts";

/** A posted batch: all of its items, and the text that tells it from any other; or the answer that says why none was taken. */
export type BatchReading<Item> =
  | { kind: "items"; items: Item[]; text: string }
  | { kind: "refused"; response: Response };

const arrivalUs = arrivalClock(() => Date.now() * 1_000);

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
  const limits = {
    rawBytes: config.LIMIT_BODY_BYTES,
    unzippedBytes: config.LIMIT_UNZIPPED_BYTES,
  };
  const body = await readBody(c.req.raw, limits, (bytes, held) => awaitTurn(c, bytes, held));
  if (body.kind !== "text") return { kind: "refused", response: refuseBody(c, body) };
  const form = formOf(c.req.header("content-type"));
  if (form === null) return { kind: "refused", response: refuseContentType(c) };
  const oddity = form.survey(body.text, config.LIMIT_EVENTS);
  if (oddity !== null) return { kind: "refused", response: refuseOddity(c, oddity) };
  const parsed = form.parse(body.text);
  // A short text is not surveyed.
  if (parsed.kind === "values" && isOver(parsed.values.length, config.LIMIT_EVENTS)) {
    return { kind: "refused", response: refuseOddity(c, "too_many") };
  }
  const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
  const decoded = await decodeInSlices(parsed, format, { nowUs: arrivalUs(), unit }, pause);
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

/** How a body is looked over and read. */
interface Form {
  survey: (text: string, maxItems: number) => Oddity | null;
  parse: (text: string) => ParsedBody;
}
const JSON_FORM: Form = { survey: surveyJson, parse: parseJson };
const NDJSON_FORM: Form = {
  survey: (text, maxItems) => surveyJson(text, maxItems, true),
  parse: parseNdjson,
};

function formOf(contentType: string | undefined): Form | null {
  const [media = ""] = (contentType ?? "application/json").split(";");
  switch (media.trim().toLowerCase()) {
    // What curl -d says unless it is told otherwise; nobody means a form here.
    case "application/x-www-form-urlencoded":
    case "application/json":
      return JSON_FORM;
    case "application/x-ndjson":
    case "application/ndjson":
    case "application/jsonl":
      return NDJSON_FORM;
    default:
      return null;
  }
}

function isOver(count: number, limit: number): boolean {
  return limit > 0 && count > limit;
}

function refuseOddity(c: AppContext, oddity: Oddity): Response {
  switch (oddity) {
    case "too_many":
      return problem(c, {
        status: 413,
        type: "too-many-events",
        title: "Too many events in one request",
        detail: `The batch has more than ${c.get("config").LIMIT_EVENTS} items (LIMIT_EVENTS), or too many fields and levels in all of them together, and nothing of it was taken: send several smaller ones.`,
      });
    case "too_deep":
      return unreadable(c, "The body nests deeper than any event does: send events as they are.");
    case "too_intricate":
      return unreadable(
        c,
        "One item of the body has more fields and elements than any event has: send events as they are.",
      );
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
  const most = decoded.issues.length < MAX_ISSUES ? "" : `, the first ${MAX_ISSUES} of them`;
  return problem(c, {
    status: 422,
    type: "invalid-events",
    title: "Some items are not right",
    detail: `Nothing of the batch was taken: see errors${most}.`,
    errors: decoded.issues,
  });
}
