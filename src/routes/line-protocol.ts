import { Hono } from "hono";
import { breath } from "../bindings/breath.ts";
import { LineDecoder } from "../formats/influx/decode-lines.ts";
import { KnownHeads } from "../formats/influx/known-heads.ts";
import { PRECISION_NAMES, type Precision, precisionOf } from "../formats/influx/precision.ts";
import { needs } from "../http/access/authorize.ts";
import { influx1Token, influxToken } from "../http/access/influx-token.ts";
import { tooManyEvents, unreadable } from "../http/body/body-refusals.ts";
import { readIdempotencyKey } from "../http/body/idempotency-key.ts";
import { wantsPost } from "../http/body/read-batch.ts";
import { readText } from "../http/body/read-text.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { endTurn } from "../http/limits/bodies.ts";
import { needsStorage } from "../http/limits/storage.ts";
import { influx1Form, influxForm } from "../http/problems/influx-form.ts";
import { badParameters, Refusal } from "../http/problems/refusal.ts";
import { inForm } from "../http/problems/refusal-form.ts";
import { takePoints } from "../http/pushes/take-push.ts";
import { metrics } from "../telemetry/metrics.ts";

/** Shorter ones are read in a moment. */
const LONG_CHARS = 16_384;
/** Events decoded at a turn of the event loop: some ms, in which everybody else of this thread waits. */
const SLICE_EVENTS = 2_000;

/** Of this isolate: what text says is the same for all who may say it. */
const knownHeads = new KnownHeads();

/** Where the clients of InfluxDB 2 and 1 write (SPEC, "Line protocol"). */
export const lineProtocolRoutes = new Hono<AppEnv>()
  .use("/api/v2/write", inForm(influxForm))
  .use("/write", inForm(influx1Form))
  .post("/api/v2/write", needs("write", influxToken), needsStorage, takeLines)
  .post("/write", needs("write", influx1Token), needsStorage, takeLines)
  .all("/api/v2/write", wantsPost)
  .all("/write", wantsPost);

async function takeLines(c: AppContext): Promise<Response> {
  const { LIMIT_EVENTS, LIMIT_UNZIPPED_BYTES } = c.get("config");
  const key = readIdempotencyKey(c);
  const precision = readPrecision(c);
  const text = await readText(c);
  // What is long does not follow at once on another that is.
  if (text.length >= LONG_CHARS) await breath.take();
  const limits = { events: LIMIT_EVENTS, chars: LIMIT_UNZIPPED_BYTES };
  const terms = { nowUs: c.get("arrivalUs")(), limits, known: knownHeads };
  const decoder = new LineDecoder(text, precision, terms);
  for (let state = decoder.decodeSome(SLICE_EVENTS); state !== "done"; ) {
    if (state === "too_many") throw tooManyEvents(LIMIT_EVENTS);
    await breath.pause();
    state = decoder.decodeSome(SLICE_EVENTS);
  }
  if (decoder.lines === 0)
    throw unreadable("The body has no line: write measurement,tag=text field=1.5.");
  // In another unit the same text is another batch.
  await takePoints(c, decoder, { key, body: () => `${c.req.query("precision") ?? ""} ${text}` });
  endTurn(c);
  metrics.leftOut.add(decoder.refused, { what: "line" });
  metrics.leftOut.add(decoder.leftOutTexts, { what: "text_field" });
  if (decoder.leftOutTexts > 0)
    c.header("x-edgetape-left-out", `${decoder.leftOutTexts} fields of text`);
  if (decoder.refused > 0) throw linesRefused(decoder);
  return c.body(null, 204);
}

function readPrecision(c: AppContext): Precision {
  const precision = precisionOf(c.req.query("precision"));
  if (precision !== null) return precision;
  const message = `must be one of ${PRECISION_NAMES.join(", ")}`;
  throw badParameters({ path: "precision", message });
}

/** What the clients read when some lines were not taken: they send none of them again. */
function linesRefused({ lines, refused, faults, count }: LineDecoder): Refusal {
  const rest =
    count === 0 ? "nothing of it was taken" : `what the other ${lines - refused} have was`;
  const named = faults.map(({ line, message }) => `line ${line}: ${message}`).join("; ");
  return new Refusal({
    status: 400,
    type: "invalid-lines",
    title: "Some lines are not right",
    detail: `partial write: ${refused} of ${lines} lines were not taken, ${rest}: ${named}`,
    errors: faults.map(({ line, message }) => ({ path: `line ${line}`, message })),
  });
}
