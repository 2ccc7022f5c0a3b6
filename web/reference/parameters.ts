import { AGGREGATES } from "../../src/protocol/words/aggregate.ts";
import { INTERVALS } from "../../src/protocol/words/interval.ts";
import { refTo } from "./components.ts";
import type { Parameter } from "./described-route.ts";

const TIME =
  "RFC 3339, a date (UTC), now, now-6h and the like, or an integer: microseconds, or of the unit that precision says";

function query(name: string, description: string, schema: Parameter["schema"] = TEXT): Parameter {
  return { name, in: "query", description, schema };
}

const TEXT = { type: "string" } as const;

export function required(parameter: Parameter): Parameter {
  return { ...parameter, required: true };
}

export function text(name: string, description: string): Parameter {
  return query(name, description);
}

export function number(name: string, description: string): Parameter {
  return query(name, description, { type: "number" });
}

/** A whole number within bounds. */
export function count(
  name: string,
  description: string,
  [minimum, maximum]: readonly [number, number],
  fallback?: number,
): Parameter {
  const schema = { type: "integer", minimum, maximum } as const;
  return query(name, description, {
    ...schema,
    ...(fallback !== undefined && { default: fallback }),
  });
}

export function word(
  name: string,
  description: string,
  words: readonly string[],
  fallback?: string,
): Parameter {
  return query(name, description, {
    type: "string",
    enum: words,
    ...(fallback !== undefined && { default: fallback }),
  });
}

export const SYMBOL_IN_PATH: Parameter = {
  ...{ name: "symbol", in: "path", required: true },
  description: "The symbol, percent-encoded, its / among the rest",
  schema: refTo("Symbol"),
};

export const SYMBOL = query("symbol", "The symbol", refTo("Symbol"));

export const SYMBOLS = required(text("symbols", "Different symbols, joined by commas"));

export const PRECISION = word("precision", "The unit of integer times", ["s", "ms", "us", "ns"]);

/** `from` and `to`, and the unit of their integers. */
export function range(fallback: string): Parameter[] {
  return [
    text("from", `The beginning, in the range: ${TIME}; without it ${fallback}`),
    text("to", "The end, not in the range; without it, or later than now, it is now"),
    PRECISION,
  ];
}

export const AT = text("at", `A moment: ${TIME}`);

/** Other ways to say a length (`60m`, `1H`) are understood as well. */
export function interval(fallback: string): Parameter {
  return word("interval", "The length of a bar", INTERVALS, fallback);
}

export const AGG = text("agg", `Some of ${AGGREGATES.join(",")}; without it avg,min,max`);

export const LABELS = text(
  "labels",
  'Series that have at least these: venue:xnas,side:buy, or a JSON object such as {"venue":"xnas"}',
);

export const WAIT = count("wait", "Seconds to wait for news before the answer", [0, 30], 0);

export const AFTER = text("after", "The next of the page before");

export const IDEMPOTENCY_KEY: Parameter = {
  ...{ name: "Idempotency-Key", in: "header" },
  description: "The same key with the same request changes nothing, for 24 hours",
  schema: TEXT,
};

export const UNTIL_STORED = word(
  "wait",
  "stored: the answer is 200 once the batch is in Postgres",
  ["stored"],
);

export const CHANNELS = text(
  "channels",
  "Kinds of events, bar, or metric:NAME with *, joined by commas: trade,metric:cpu*",
);
