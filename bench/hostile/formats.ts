import { decodeInSlices } from "../../src/formats/decode-slices.ts";
import { metricPush } from "../../src/formats/event-pushes.ts";
import { withPauses } from "../../src/formats/in-steps.ts";
import { LineDecoder } from "../../src/formats/influx/decode-lines.ts";
import { KnownHeads } from "../../src/formats/influx/known-heads.ts";
import { PRECISION_NAMES, precisionOf } from "../../src/formats/influx/precision.ts";
import { parseJsonInSteps, parseNdjson } from "../../src/formats/json.ts";
import { LogLineDecoder } from "../../src/formats/logs/decode-log-lines.ts";
import { decodeLogs } from "../../src/formats/otlp/decode-logs.ts";
import { decodeMetrics } from "../../src/formats/otlp/decode-metrics.ts";
import type { OtlpEncoding } from "../../src/formats/otlp/encoding.ts";
import { decodeWrite, type WriteVersion } from "../../src/formats/prometheus/remote-write.ts";
import { surveyJson } from "../../src/formats/survey-json.ts";
import { KnownSeries } from "../../src/formats/wire/known-series.ts";
import { unpackSnappy } from "../../src/formats/wire/snappy.ts";
import { textOf } from "../../src/formats/wire/utf8.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";
import {
  type HostileBody,
  jsonBodies,
  lineBodies,
  logBodies,
  ndjsonBodies,
} from "./text-bodies.ts";
import {
  otlpBodies,
  otlpLogBodies,
  snappyBodies,
  write2Bodies,
  writeBodies,
} from "./wire-bodies.ts";

/** The defaults of LIMIT_EVENTS, LIMIT_UNZIPPED_BYTES. */
export const LIMITS = { events: 20_000, chars: 8 * 1024 * 1024 };

/** Decodes a body as its route does; `pause` stands where that lets others at the thread. */
export type Decode = (bytes: Uint8Array, pause: () => Promise<void>) => Promise<void>;

const SLICE_LINES = 500;
const SLICE_EVENTS = 2_000;
const nowUs = () => (Date.now() * 1_000) as EpochUs;
/** Of an isolate, as a route has it. */
const known = { series: new KnownSeries(), heads: new KnownHeads() };
const terms = () => ({
  ...{ symbolLabel: "symbol", mayWrite: () => true, limits: LIMITS, nowUs: nowUs() },
  known: known.series,
});

const decodeJson: Decode = async (bytes, pause) => {
  const text = await withPauses(textOf(bytes), pause);
  if (text === null) return;
  await pause();
  const survey = await withPauses(surveyJson(text, LIMITS.events), pause);
  if (survey.kind === "odd") return;
  await pause();
  const parsed = await withPauses(parseJsonInSteps(text, survey.cuts), pause);
  await pause();
  await decodeInSlices(parsed, metricPush, { nowUs: nowUs(), unit: undefined }, pause);
};

const decodeNdjson: Decode = async (bytes, pause) => {
  const text = await withPauses(textOf(bytes), pause);
  if (text === null) return;
  await pause();
  const survey = await withPauses(surveyJson(text, LIMITS.events, true), pause);
  if (survey.kind === "odd") return;
  await pause();
  const parsed = await withPauses(parseNdjson(text), pause);
  await pause();
  await decodeInSlices(parsed, metricPush, { nowUs: nowUs(), unit: undefined }, pause);
};

const decodeLines: Decode = async (bytes, pause) => {
  const precision = precisionOf(PRECISION_NAMES[0]);
  if (precision === null) throw new Error("no precision");
  const text = await withPauses(textOf(bytes), pause);
  if (text === null) return;
  await pause();
  const decoder = new LineDecoder(text, precision, {
    ...{ nowUs: nowUs(), limits: LIMITS, known: known.heads },
  });
  while (decoder.decodeSome(SLICE_EVENTS) === "more") await pause();
};

const decodeLogText: Decode = async (bytes, pause) => {
  const given = { nowUs: nowUs(), mostLines: LIMITS.events, mayWrite: () => true };
  const text = await withPauses(textOf(bytes), pause);
  if (text === null) return;
  await pause();
  const decoder = LogLineDecoder.ofText(text, given);
  while (decoder.decodeSome(SLICE_LINES) === "more") await pause();
};

const decodeRemoteWrite =
  (version: WriteVersion): Decode =>
  async (bytes, pause) => {
    await withPauses(decodeWrite(bytes, version, terms()), pause);
  };

const decodeOtlp =
  (what: "metrics" | "logs", encoding: OtlpEncoding): Decode =>
  async (bytes, pause) => {
    if (what === "metrics") await withPauses(decodeMetrics(bytes, encoding, terms()), pause);
    else await withPauses(decodeLogs(bytes, encoding, terms()), pause);
  };

const decodeSnappy: Decode = async (bytes, pause) => {
  await withPauses(unpackSnappy(bytes), pause);
};

export interface HostileFormat {
  name: string;
  decode: Decode;
  /** Of about so many bytes each. */
  bodies: (bytes: number) => HostileBody[];
}

export const HOSTILE_FORMATS: readonly HostileFormat[] = [
  { name: "JSON", decode: decodeJson, bodies: jsonBodies },
  { name: "NDJSON", decode: decodeNdjson, bodies: ndjsonBodies },
  { name: "line protocol", decode: decodeLines, bodies: lineBodies },
  { name: "log lines", decode: decodeLogText, bodies: logBodies },
  { name: "remote write 1.0", decode: decodeRemoteWrite("1.0"), bodies: writeBodies },
  { name: "remote write 2.0", decode: decodeRemoteWrite("2.0"), bodies: write2Bodies },
  { name: "snappy", decode: decodeSnappy, bodies: snappyBodies },
  { name: "OTLP metrics", decode: decodeOtlp("metrics", "protobuf"), bodies: otlpBodies },
  { name: "OTLP logs", decode: decodeOtlp("logs", "protobuf"), bodies: otlpLogBodies },
  { name: "OTLP JSON", decode: decodeOtlp("metrics", "json"), bodies: jsonBodies },
];
