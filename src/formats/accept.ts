import {
  type BookPush,
  hasEmptyLevel,
  isCrossed,
  type Level,
  seqFault,
} from "../protocol/events/book.ts";
import { MAX_BOOK_LEVELS } from "../protocol/events/book-limits.ts";
import {
  MAX_LABELS,
  MAX_SERIES_BYTES,
  type MetricPush,
  type TradePush,
} from "../protocol/events/event.ts";
import { isStorable, MAX_NAME_LENGTH } from "../protocol/words/name.ts";
import { MAX_NUMBER } from "../protocol/words/number.ts";
import { isSymbol } from "../protocol/words/symbol.ts";

/*
 * The quick yes to a well-formed push. The zod schemas are the contract; on Workers, where code generation from
 * strings is off, they cost some microseconds a point, and at 150,000 points/s that is most of a core. These
 * predicates say yes to a subset of what the schemas accept and leave every other value to them, so every refusal and
 * its words come from the schemas. A property test holds the two together.
 */

/** JSON makes six bytes of a control character, and the name of the metric, which is counted too, may be full of them. */
const PLAIN_LABELS_LENGTH = Math.floor(MAX_SERIES_BYTES / 6) - MAX_NAME_LENGTH;

/** True only where `metricPushSchema` accepts `value`. */
export function isPlainMetric(value: unknown): value is MetricPush {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let metric = false;
  let number = false;
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key];
    switch (key) {
      case "kind":
        if (field !== "metric") return false;
        break;
      case "metric":
        metric = isName(field);
        if (!metric) return false;
        break;
      case "value":
        number = isNumber(field);
        if (!number) return false;
        break;
      case "symbol":
        if (typeof field !== "string" || !isSymbol(field)) return false;
        break;
      case "ts":
        if (typeof field !== "number" && typeof field !== "string") return false;
        break;
      case "labels":
        if (!isLabels(field)) return false;
        break;
      default:
        return false;
    }
  }
  return metric && number;
}

/** True only where `tradePushSchema` accepts `value`. */
export function isPlainTrade(value: unknown): value is TradePush {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key];
    switch (key) {
      case "kind":
        if (field !== "trade") return false;
        break;
      case "symbol":
        if (typeof field !== "string" || !isSymbol(field)) return false;
        required += 1;
        break;
      case "price":
        if (!isNumber(field)) return false;
        required += 1;
        break;
      case "size":
        if (!isNumber(field) || field < 0) return false;
        required += 1;
        break;
      case "side":
        if (field !== "buy" && field !== "sell") return false;
        break;
      case "id":
      case "venue":
        if (!isName(field)) return false;
        break;
      case "ts":
        if (typeof field !== "number" && typeof field !== "string") return false;
        break;
      default:
        return false;
    }
  }
  return required === 3;
}

/** True only where `bookPushSchema` accepts `value`. */
export function isPlainBook(value: unknown): value is BookPush {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  let required = 0;
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key];
    switch (key) {
      case "kind":
        if (field !== "book") return false;
        break;
      case "symbol":
        if (typeof field !== "string" || !isSymbol(field)) return false;
        required += 1;
        break;
      case "type":
        if (field !== "snapshot" && field !== "diff") return false;
        required += 1;
        break;
      case "bids":
      case "asks":
        if (!isSide(field)) return false;
        required += 1;
        break;
      case "seq":
        if (typeof field !== "number" || seqFault(field) !== null) return false;
        break;
      case "sampled":
        if (field !== true) return false;
        break;
      case "ts":
        if (typeof field !== "number" && typeof field !== "string") return false;
        break;
      default:
        return false;
    }
  }
  if (required !== 4) return false;
  const { type, bids, asks, sampled } = value as BookPush;
  if (type === "diff") return sampled === undefined;
  return !hasEmptyLevel(bids, asks) && !isCrossed(bids, asks);
}

function isSide(field: unknown): field is Level[] {
  if (!Array.isArray(field) || field.length > MAX_BOOK_LEVELS) return false;
  return field.every(
    (level) =>
      Array.isArray(level) &&
      level.length === 2 &&
      isNumber(level[0]) &&
      isNumber(level[1]) &&
      level[1] >= 0,
  );
}

function isNumber(field: unknown): field is number {
  return typeof field === "number" && field >= -MAX_NUMBER && field <= MAX_NUMBER;
}

/** What may be the name of a metric, or the name or text of a label. */
export function isName(field: unknown): field is string {
  return (
    typeof field === "string" &&
    field.length > 0 &&
    field.length <= MAX_NAME_LENGTH &&
    isStorable(field)
  );
}

function isLabels(field: unknown): boolean {
  if (typeof field !== "object" || field === null || Array.isArray(field)) return false;
  let count = 0;
  let length = 0;
  for (const key in field) {
    count += 1;
    const text = (field as Record<string, unknown>)[key];
    if (!isName(key) || !isName(text) || key === "__proto__") return false;
    length += key.length + text.length + 6;
  }
  return count <= MAX_LABELS && length <= PLAIN_LABELS_LENGTH;
}
