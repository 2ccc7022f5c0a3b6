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
const DECODER = new TextDecoder();
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
  return await decodeInSlices(
    parseJson(text),
    metricPush,
    { nowUs: nowUs(), unit: undefined },
    pause,
  );
};

export const decodeLines: Decode = async (bytes, pause) => {
  const precision = precisionOf(PRECISION_NAMES[0]);
  if (precision === null) throw new Error("no precision");
  const decoder = new LineDecoder(DECODER.decode(bytes), precision, {
    ...{ nowUs: nowUs(), limits: LIMITS, known: known.heads },
  });
  let state = decoder.decodeSome(SLICE_EVENTS);
  for (; state === "more"; state = decoder.decodeSome(SLICE_EVENTS)) await pause();
  return state;
};

export const decodeLogText: Decode = async (bytes, pause) => {
  const given = { nowUs: nowUs(), mostLines: LIMITS.events, mayWrite: () => true };
  const decoder = LogLineDecoder.ofText(DECODER.decode(bytes), given);
  let state = decoder.decodeSome(SLICE_LINES);
  for (; state === "more"; state = decoder.decodeSome(SLICE_LINES)) await pause();
  return state;
};

export const decodeRemoteWrite =
  (version: WriteVersion): Decode =>
  async (bytes) =>
    decodeWrite(bytes, version, terms()).kind;

export const decodeOtlp =
  (what: "metrics" | "logs", encoding: OtlpEncoding): Decode =>
  async (bytes) =>
    (what === "metrics" ? decodeMetrics : decodeLogs)(bytes, encoding, terms()).kind;
