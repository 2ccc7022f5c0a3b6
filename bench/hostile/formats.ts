import { decodeInSlices } from "../../src/formats/decode-slices.ts";
import { metricPush } from "../../src/formats/event-pushes.ts";
import { LineDecoder } from "../../src/formats/influx/decode-lines.ts";
import { KnownHeads } from "../../src/formats/influx/known-heads.ts";
import { PRECISION_NAMES, precisionOf } from "../../src/formats/influx/precision.ts";
import { parseJson } from "../../src/formats/json.ts";
import { LogLineDecoder } from "../../src/formats/logs/decode-log-lines.ts";
import { decodeLogs } from "../../src/formats/otlp/decode-logs.ts";
import { decodeMetrics } from "../../src/formats/otlp/decode-metrics.ts";
import type { OtlpEncoding } from "../../src/formats/otlp/encoding.ts";
import type { InSteps } from "../../src/formats/points/decoded-points.ts";
import { decodeWrite, type WriteVersion } from "../../src/formats/prometheus/remote-write.ts";
import { surveyJson } from "../../src/formats/survey-json.ts";
import { KnownSeries } from "../../src/formats/wire/known-series.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";

/** The defaults of LIMIT_EVENTS, LIMIT_UNZIPPED_BYTES. */
export const LIMITS = { events: 20_000, chars: 8 * 1024 * 1024 };

/** Decodes a body as its route does; `pause` stands where that lets others at the thread. */
export type Decode = (bytes: Uint8Array, pause: () => Promise<void>) => Promise<unknown>;

const SLICE_LINES = 1_000;
const SLICE_EVENTS = 2_000;
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const nowUs = () => (Date.now() * 1_000) as EpochUs;
/** Of an isolate, as a route has it. */
const known = { series: new KnownSeries(), heads: new KnownHeads() };
const terms = () => ({
  ...{ symbolLabel: "symbol", mayWrite: () => true, limits: LIMITS, nowUs: nowUs() },
  known: known.series,
});

export const decodeJson: Decode = async (bytes, pause) => {
  const text = DECODER.decode(bytes);
  const oddity = surveyJson(text, LIMITS.events);
  if (oddity !== null) return oddity;
  await pause();
  const parsed = parseJson(text);
  await pause();
  return await decodeInSlices(parsed, metricPush, { nowUs: nowUs(), unit: undefined }, pause);
};

export const decodeLines: Decode = async (bytes, pause) => {
  const precision = precisionOf(PRECISION_NAMES[0]);
  if (precision === null) throw new Error("no precision");
  const text = DECODER.decode(bytes);
  await pause();
  const decoder = new LineDecoder(text, precision, {
    ...{ nowUs: nowUs(), limits: LIMITS, known: known.heads },
  });
  let state = decoder.decodeSome(SLICE_EVENTS);
  for (; state === "more"; state = decoder.decodeSome(SLICE_EVENTS)) await pause();
  return state;
};

export const decodeLogText: Decode = async (bytes, pause) => {
  const given = { nowUs: nowUs(), mostLines: LIMITS.events, mayWrite: () => true };
  const text = DECODER.decode(bytes);
  const decoder = LogLineDecoder.ofText(text, given);
  let state = decoder.decodeSome(SLICE_LINES);
  for (; state === "more"; state = decoder.decodeSome(SLICE_LINES)) await pause();
  return state;
};

export const decodeRemoteWrite =
  (version: WriteVersion): Decode =>
  async (bytes, pause) =>
    (await inTurns(decodeWrite(bytes, version, terms()), pause)).kind;

export const decodeOtlp =
  (what: "metrics" | "logs", encoding: OtlpEncoding): Decode =>
  async (bytes, pause) => {
    const steps =
      what === "metrics"
        ? decodeMetrics(bytes, encoding, terms())
        : decodeLogs(bytes, encoding, terms());
    return (await inTurns<{ kind: string }>(steps, pause)).kind;
  };

async function inTurns<Result>(
  steps: InSteps<Result>,
  pause: () => Promise<void>,
): Promise<Result> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    await pause();
  }
}
