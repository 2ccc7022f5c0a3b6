import type { MetricEvent } from "../../protocol/events/event.ts";
import type { EpochUs } from "../../protocol/words/time.ts";

/** A point as it stands in the text of a frame: what is only passed on is not made a value and text again. */
export interface ScannedPoint {
  ts: EpochUs;
  /** The digits of `ts`. */
  tsText: string;
  metric: string;
  /** JSON of its labels as they were spelled; empty where it has none. */
  labels: string;
  /** The number's digits, as JSON has them. */
  value: string;
}

/** The same of a point that was read. */
export function scannedOf({ ts, metric, labels, value }: MetricEvent): ScannedPoint {
  return {
    ...{ ts, tsText: String(ts), metric },
    labels: labels === undefined ? "" : JSON.stringify(labels),
    // `String(-0)` is "0", which would lose the sign.
    value: Object.is(value, -0) ? "-0" : String(value),
  };
}

/** A point as `encodeFrame` writes it, by what stands before its moment, its name, its value and its labels. */
export const POINT_HEAD = '{"kind":"metric","ts":';
export const METRIC = ',"metric":"';
export const VALUE = '","value":';
export const LABELS = ',"labels":{';
const [QUOTE, COMMA, MINUS, DIGIT_0, DIGIT_9, CLOSE] = [0x22, 0x2c, 0x2d, 0x30, 0x39, 0x7d];

/**
 * The points of an encoded frame, read as `encodeFrame` writes them, in a third of the time that JSON takes. Null where one of its
 * events is no point, or is written in any other way, as with an escape: then `decodeFrame` has to read it.
 */
export function scanPoints(text: string): ScannedPoint[] | null {
  if (text.includes("\\")) return null;
  const points: ScannedPoint[] = [];
  let at = 0;
  for (;;) {
    if (!text.startsWith(POINT_HEAD, at)) return null;
    const tsAt = at + POINT_HEAD.length;
    const tsEnd = text.indexOf(",", tsAt);
    const ts = integerIn(text, tsAt, tsEnd);
    if (ts === null || !text.startsWith(METRIC, tsEnd)) return null;
    const metricAt = tsEnd + METRIC.length;
    const metricEnd = text.indexOf('"', metricAt);
    if (metricEnd < 0 || !text.startsWith(VALUE, metricEnd)) return null;
    const valueAt = metricEnd + VALUE.length;
    const valueEnd = endOfNumber(text, valueAt);
    let labelsAt = valueEnd;
    at = valueEnd;
    if (text.startsWith(LABELS, at)) {
      labelsAt = at + LABELS.length - 1;
      at = endOfObject(text, labelsAt);
    }
    if (valueEnd === valueAt || text.charCodeAt(at) !== CLOSE) return null;
    points.push({
      ts: ts as EpochUs,
      tsText: text.slice(tsAt, tsEnd),
      metric: text.slice(metricAt, metricEnd),
      labels: text.slice(labelsAt, at),
      value: text.slice(valueAt, valueEnd),
    });
    at += 1;
    if (at === text.length) return points;
    if (text.charCodeAt(at) !== COMMA) return null;
    at += 1;
  }
}

/** The integer of these characters; null where they are anything else. */
function integerIn(text: string, from: number, end: number): number | null {
  const isNegative = text.charCodeAt(from) === MINUS;
  let at = isNegative ? from + 1 : from;
  if (at >= end || end - at > 16) return null;
  let value = 0;
  for (; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code < DIGIT_0 || code > DIGIT_9) return null;
    value = value * 10 + (code - DIGIT_0);
  }
  return isNegative ? -value : value;
}

/** Where the number that begins here ends: nothing else of JSON has these characters. */
export function endOfNumber(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE) return at;
  }
  return at;
}

/** Behind the object of texts that begins here; its texts have no escapes. */
export function endOfObject(text: string, from: number): number {
  let isText = false;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isText = !isText;
    else if (code === CLOSE && !isText) return at + 1;
  }
  return text.length;
}
