import { breath } from "../../bindings/breath.ts";
import { TIME_UNITS } from "../../core/time/timestamp.ts";
import type { PushFormat, Timed } from "../../formats/decode-push.ts";
import { decodeInSlices } from "../../formats/decode-slices.ts";
import { type Decoded, MAX_ISSUES, type ParsedBody } from "../../formats/decoded.ts";
import { type InSteps, inOneTurn, STEP_BYTES, withPauses } from "../../formats/in-steps.ts";
import { parseJsonInSteps, parseNdjson } from "../../formats/json.ts";
import {
  LONG_CHARS,
  MOST_WORD_CHARS,
  type Oddity,
  type Survey,
  surveyJson,
} from "../../formats/survey-json.ts";
import type { AppContext } from "../context.ts";
import { badParameters, type ProblemWords, Refusal } from "../problems/refusal.ts";
import { tooManyEvents, unreadable } from "./body-refusals.ts";
import { readText } from "./read-text.ts";

/** A posted batch: all of its items, and the text that tells it from any other. */
export interface Batch<Item> {
  items: Item[];
  text: string;
}

/** Reads the body of an ingest route (SPEC I-1 to I-5). @throws Refusal, and then nothing of it is taken. */
export async function readBatch<Push extends Timed, Item>(
  c: AppContext,
  format: PushFormat<Push, Item>,
): Promise<Batch<Item>> {
  const precision = c.req.query("precision");
  const unit = TIME_UNITS.find((one) => one === precision);
  if (unit === undefined && precision !== undefined) {
    const message = `must be one of ${TIME_UNITS.join(", ")}: the unit of integer times`;
    throw badParameters({ path: "precision", message });
  }
  const { LIMIT_EVENTS } = c.get("config");
  const body = await readText(c);
  const form = formOf(c.req.header("content-type"));
  if (form === null) throw new Refusal(UNSUPPORTED_MEDIA_TYPE);
  const isLong = body.length >= LONG_CHARS;
  // What is long does not follow at once on another that is.
  if (isLong) await breath.take();
  const pause = () => breath.pause();
  const cuts = isLong
    ? cutsOf(await withPauses(form.survey(body, LIMIT_EVENTS), pause), LIMIT_EVENTS)
    : [];
  // Each of the two takes as long as ten posts do where the body has some MB.
  if (body.length >= STEP_BYTES) await pause();
  const parsed = await withPauses(form.parse(body, cuts), pause);
  if (body.length >= STEP_BYTES) await pause();
  if (parsed.kind === "values" && isOver(parsed.values.length, LIMIT_EVENTS)) {
    throw oddityRefused("too_many", LIMIT_EVENTS);
  }
  const times = { nowUs: c.get("arrivalUs")(), unit };
  const decoded = await decodeInSlices(parsed, format, times, pause);
  if (decoded.kind !== "items") {
    // What is good is not odd, so short bodies are looked over only here.
    if (!isLong) cutsOf(inOneTurn(form.survey(body, 0)), LIMIT_EVENTS);
    throw itemsRefused(decoded);
  }
  // Under another unit the same text is another batch.
  const text = unit === undefined ? body : `${unit} ${body}`;
  return { items: decoded.items, text };
}

/** The answer of an ingest route to any other method. */
export function wantsPost(c: AppContext): never {
  throw new Refusal({
    status: 405,
    type: "method-not-allowed",
    title: "Only POST is taken here",
    detail: `${c.req.path} takes POST. What was pushed is read at /api/history/SYMBOL, /api/series, /api/positions/SYMBOL, /api/books/SYMBOL, /api/orders/SYMBOL and /api/notes/SYMBOL.`,
    headers: { allow: "POST" },
  });
}

/** How a body is looked over and read. */
interface Form {
  survey: (text: string, maxItems: number) => InSteps<Survey>;
  parse: (text: string, cuts: readonly number[]) => InSteps<ParsedBody>;
}
const JSON_FORM: Form = { survey: surveyJson, parse: parseJsonInSteps };
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

/** Where the body is cut. @throws Refusal where it is odd. */
function cutsOf(survey: Survey, limitEvents: number): readonly number[] {
  if (survey.kind === "odd") throw oddityRefused(survey.oddity, limitEvents);
  return survey.cuts;
}

function oddityRefused(oddity: Oddity, limitEvents: number): Refusal {
  switch (oddity) {
    case "too_many":
      return tooManyEvents(limitEvents);
    case "too_deep":
      return unreadable("The body nests deeper than any event does: send events as they are.");
    case "too_intricate":
      return unreadable(
        "One item of the body has more fields and elements than any event has: send events as they are.",
      );
    case "too_long_a_number":
      return unreadable(
        `The body is not JSON, or a number in it has more than ${MOST_WORD_CHARS} digits.`,
      );
    default:
      return oddity satisfies never;
  }
}

const UNSUPPORTED_MEDIA_TYPE: ProblemWords = {
  status: 415,
  type: "unsupported-media-type",
  title: "Content-Type not supported",
  detail: "Send Content-Type: application/json or application/x-ndjson.",
};

function itemsRefused(decoded: Exclude<Decoded<unknown>, { kind: "items" }>): Refusal {
  if (decoded.kind === "unreadable") return unreadable(decoded.detail);
  const most = decoded.issues.length < MAX_ISSUES ? "" : `, the first ${MAX_ISSUES} of them`;
  return new Refusal({
    status: 422,
    type: "invalid-events",
    title: "Some items are not right",
    detail: `Nothing of the batch was taken: see errors${most}.`,
    errors: decoded.issues,
  });
}
