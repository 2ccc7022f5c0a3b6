import { breath } from "../../bindings/breath.ts";
import { withPauses } from "../../formats/in-steps.ts";
import { parseJsonInSteps } from "../../formats/json.ts";
import { LogLineDecoder, type LogTerms } from "../../formats/logs/decode-log-lines.ts";
import { LONG_CHARS, type Survey, surveyJson } from "../../formats/survey-json.ts";
import { accessOf } from "../access/authorize.ts";
import { covers } from "../access/token.ts";
import type { AppContext } from "../context.ts";
import { type ProblemWords, Refusal } from "../problems/refusal.ts";
import { tooManyEvents, unreadable } from "./body-refusals.ts";
import { readText } from "./read-text.ts";

/** Lines decoded at a turn of the event loop: some ms, in which everybody else of this thread waits. */
const SLICE_LINES = 500;

/**
 * Reads the body of `POST /api/logs`: a JSON object, an array of them, or lines (SPEC LG-1).
 *
 * @throws Refusal, and then nothing of it is taken.
 */
export async function readLogLines(
  c: AppContext,
): Promise<{ decoder: LogLineDecoder; text: string }> {
  const form = formOf(c.req.header("content-type"));
  const text = await readText(c);
  if (form === null) throw new Refusal(UNSUPPORTED_MEDIA_TYPE);
  // What is long does not follow at once on another that is.
  if (text.length >= LONG_CHARS) await breath.take();
  const decoder = await decoderOf(c, form, text);
  for (let state = decoder.decodeSome(SLICE_LINES); state !== "done"; ) {
    if (state === "too_many") throw tooManyEvents(c.get("config").LIMIT_EVENTS);
    await breath.pause();
    state = decoder.decodeSome(SLICE_LINES);
  }
  if (decoder.items.length + decoder.refused === 0) {
    throw unreadable("The body has no line: send a JSON object, an array of them, or one a line.");
  }
  return { decoder, text };
}

async function decoderOf(
  c: AppContext,
  form: "json" | "lines",
  text: string,
): Promise<LogLineDecoder> {
  const { LIMIT_EVENTS } = c.get("config");
  const { grant } = accessOf(c);
  const terms: LogTerms = {
    nowUs: c.get("arrivalUs")(),
    mostLines: LIMIT_EVENTS,
    mayWrite: (symbol) => covers(grant, symbol),
  };
  if (form === "lines") return LogLineDecoder.ofText(text, terms);
  const pause = () => breath.pause();
  const survey: Survey =
    text.length < LONG_CHARS
      ? { kind: "fine", cuts: [] }
      : await withPauses(surveyJson(text, LIMIT_EVENTS), pause);
  if (survey.kind === "odd") {
    // Many a logger says JSON and sends an object a line: those are read one by one.
    if (!/^\s*\[/.test(text)) return LogLineDecoder.ofText(text, terms);
    if (survey.oddity === "too_many") throw tooManyEvents(LIMIT_EVENTS);
    throw unreadable("The body nests deeper, or has more fields, than lines do.");
  }
  const parsed = await withPauses(parseJsonInSteps(text, survey.cuts), pause);
  if (parsed.kind === "values") return LogLineDecoder.ofValues(parsed.values, terms);
  return LogLineDecoder.ofText(text, terms);
}

function formOf(contentType: string | undefined): "json" | "lines" | null {
  const [media = ""] = (contentType ?? "application/json").split(";");
  switch (media.trim().toLowerCase()) {
    // What curl -d says unless it is told otherwise.
    case "application/x-www-form-urlencoded":
    case "application/json":
      return "json";
    case "application/x-ndjson":
    case "application/ndjson":
    case "application/jsonl":
    case "text/plain":
      return "lines";
    default:
      return null;
  }
}

const UNSUPPORTED_MEDIA_TYPE: ProblemWords = {
  status: 415,
  type: "unsupported-media-type",
  title: "Content-Type not supported",
  detail: "Send Content-Type: application/json, application/x-ndjson or text/plain.",
};
