import { eventSchema } from "../../protocol/events/event.ts";
import { LOG_LEVELS } from "../../protocol/events/log.ts";
import { AGGREGATES } from "../../protocol/words/aggregate.ts";
import { INTERVALS } from "../../protocol/words/interval.ts";

/** A question that a model may ask: a route that reads, and what its words are. */
export interface Tool {
  name: string;
  title: string;
  description: string;
  /** `/api/history/{symbol}`; what is not in it goes into the query. */
  path: string;
  inputs: Readonly<Record<string, Input>>;
  /** What of the answer is cut where it is too long; `keep` says which end of it. Absent where it never is. */
  list?: { name: string; keep: "first" | "last" };
  /** Arguments as the route takes them, where they are not the tool's. */
  forRoute?: (values: ReadonlyMap<string, string>) => ReadonlyMap<string, string>;
  /** Its answer is NDJSON, of which the first `limit` lines are read. */
  isLines?: true;
}

export interface Input {
  type: "string" | "integer";
  description: string;
  isRequired?: true;
  enum?: readonly string[];
  /** Of an integer; without an argument it is `default`. */
  maximum?: number;
  default?: number;
}

const SYMBOL = text("The symbol, as list_symbols has it");
const FROM = text("Beginning: now-6h, a date, or RFC 3339");
const TO = text("End, not in the range: as from; without it now");
const INTERVAL: Input = { ...text("Length of a bar"), enum: INTERVALS };
const ACCOUNT = text("One account; without it all");
const AFTER = text("The next of the page before");
const SYMBOLS = required(text("Symbols, joined by commas"));

const EVENT_KINDS = eventSchema.options.map(({ shape }) => shape.kind.value);

/** Every one reads, and nothing else. Its limits are lower than the route's: what a model reads costs. */
export const TOOLS: readonly Tool[] = [
  {
    ...{ name: "list_symbols", title: "List symbols", path: "/api/symbols" },
    description:
      "Every symbol with its last price, its moment, the change over 24 h (0.01 is 1 %), volume and viewers.",
    inputs: { match: text("Only symbols with this in their name, in any case") },
    list: { name: "symbols", keep: "first" },
    forRoute: without("match"),
  },
  {
    ...{ name: "history", title: "Price history", path: "/api/history/{symbol}" },
    description: "Bars (open, high, low, close, volume) of a symbol, oldest first.",
    inputs: {
      ...{ symbol: required(SYMBOL), interval: INTERVAL, from: FROM, to: TO },
      limit: count("Most bars: the newest of the range", 100, 1_000),
    },
    list: { name: "bars", keep: "last" },
  },
  {
    ...{ name: "list_series", title: "List series", path: "/api/metrics/names" },
    description:
      "The metrics of a symbol with their labels, each with the moment of its newest point. Without a symbol those of the system (_system).",
    inputs: { symbol: SYMBOL, limit: count("Most series", 200, 2_000), after: AFTER },
    list: { name: "metrics", keep: "first" },
  },
  {
    ...{ name: "series", title: "Metric over time", path: "/api/series" },
    description:
      "A metric over time as columns of equal length, one entry a label set. For its last values ask with step=raw. Without from it is the last hour.",
    inputs: {
      metric: required(text("The metric, as list_series has it")),
      ...{ symbol: SYMBOL, from: FROM, to: TO },
      labels: text('Only series with these labels: venue:xnas, or {"venue":"xnas"}'),
      step: text("10s, 5m, 1h and the like, or raw for the points; without it about 100 points"),
      agg: text(`Some of ${AGGREGATES.join(",")}; without it avg,min,max`),
    },
    list: { name: "series", keep: "last" },
    forRoute: (values) => (values.has("step") ? values : new Map([...values, ["points", "100"]])),
  },
  {
    ...{ name: "events", title: "Events", path: "/api/export", isLines: true },
    description:
      "The events of a symbol one by one, oldest first: trades, points, positions as they changed, samples of the book, states of orders, notes, log lines.",
    inputs: {
      symbol: required(SYMBOL),
      kind: { ...required(text("What to read")), enum: EVENT_KINDS },
      metric: text("With kind=metric: this one alone"),
      ...{ from: required(FROM), to: TO },
      limit: count("Most events: the first of the range", 100, 500),
    },
    list: { name: "events", keep: "first" },
    forRoute: without("limit"),
  },
  {
    ...{ name: "book", title: "Order book", path: "/api/books/{symbol}" },
    description: "The order book of a symbol: levels of [price, size], now or as of a moment.",
    inputs: {
      symbol: required(SYMBOL),
      depth: count("Best levels of a side", 10, 200),
      at: text("A moment, as from of history; then it is the last sample before"),
    },
  },
  {
    ...{ name: "positions", title: "Positions", path: "/api/positions/{symbol}" },
    description: "What each account holds of a symbol now; negative is short.",
    inputs: {
      ...{ symbol: required(SYMBOL), limit: count("Most accounts", 100, 1_000), after: AFTER },
    },
    list: { name: "positions", keep: "first" },
  },
  {
    ...{ name: "orders", title: "Orders", path: "/api/orders/{symbol}" },
    description: "The newest state of each order of a symbol, those that began last first.",
    inputs: {
      symbol: required(SYMBOL),
      by: {
        ...text("lived: also orders that began before the range and lived on in it"),
        enum: ["began", "lived"],
      },
      open: { ...text("true: only orders that are not at their end"), enum: ["true", "false"] },
      ...{ account: ACCOUNT, from: FROM, to: TO },
      ...{ limit: count("Most orders", 100, 1_000), after: AFTER },
    },
    list: { name: "orders", keep: "first" },
  },
  {
    ...{ name: "order", title: "One order", path: "/api/orders/{symbol}/{id}" },
    description:
      "All states of one order, its fills, its latencies in microseconds, and its slippage against the book.",
    inputs: { symbol: required(SYMBOL), id: required(text("The order's id")), account: ACCOUNT },
    list: { name: "orders", keep: "first" },
  },
  {
    ...{ name: "order_latency", title: "Latency", path: "/api/orders/{symbol}/latency" },
    description:
      "Percentiles of how long orders took, in microseconds: sent to acknowledged, to filled, to the end.",
    inputs: { symbol: required(SYMBOL), account: ACCOUNT, from: FROM, to: TO },
  },
  {
    ...{ name: "order_slippage", title: "Slippage", path: "/api/orders/{symbol}/slippage" },
    description:
      "What fills cost more than the book when the order was sent, on average; above 0 is to the order's loss.",
    inputs: { symbol: required(SYMBOL), account: ACCOUNT, from: FROM, to: TO },
  },
  {
    ...{ name: "reconciliation", title: "Reconciliation" },
    path: "/api/orders/{symbol}/reconciliation",
    description:
      "By account: what of a position's changes fills do not explain, in all and by step. unexplained 0 is as it should be.",
    inputs: { symbol: required(SYMBOL), account: ACCOUNT, from: FROM, to: TO },
    list: { name: "accounts", keep: "first" },
  },
  {
    ...{ name: "notes", title: "Notes", path: "/api/notes/{symbol}" },
    description: "What people and programs have marked on the chart of a symbol, the newest first.",
    inputs: {
      ...{ symbol: required(SYMBOL), from: FROM, to: TO },
      ...{ limit: count("Most notes", 100, 1_000), after: AFTER },
    },
    list: { name: "notes", keep: "first" },
  },
  {
    ...{ name: "alerts", title: "Alerts now", path: "/api/alerts" },
    description: "What rules say is pending or firing now, since when, and the value they read.",
    inputs: { symbol: SYMBOL, state: { ...text("This state alone"), enum: ["pending", "firing"] } },
    list: { name: "alerts", keep: "first" },
  },
  {
    ...{ name: "alert_history", title: "What alerts did", path: "/api/alerts/history" },
    description: "Changes of alerts from one state to another, the newest first.",
    inputs: {
      ...{ symbol: SYMBOL, rule: text("One rule"), from: FROM, to: TO },
      ...{ limit: count("Most changes", 100, 1_000), after: AFTER },
    },
    list: { name: "changes", keep: "first" },
  },
  {
    ...{ name: "search_logs", title: "Log lines", path: "/api/logs" },
    description:
      "Log lines of services, the newest first: by words, service, level, correlation id and time.",
    inputs: {
      q: text("Words that a line has; word* is the beginning of one"),
      ...{ service: text("One service"), correlation_id: text("One id"), symbol: SYMBOL },
      level: { ...text("This level or graver"), enum: LOG_LEVELS },
      ...{ from: FROM, to: TO, limit: count("Most lines", 50, 500), after: AFTER },
    },
    list: { name: "lines", keep: "first" },
  },
  {
    ...{ name: "trace", title: "What bears an id", path: "/api/trace/{correlation_id}" },
    description:
      "Everything that bears one correlation id, oldest first, over all symbols: log lines and events.",
    inputs: {
      correlation_id: required(text("The id")),
      limit: count("Most events: the newest of them", 100, 500),
    },
    list: { name: "events", keep: "last" },
  },
  {
    ...{ name: "correlation", title: "Correlation", path: "/api/analytics/correlation" },
    description: "Pearson's and Spearman's correlation of the returns of every pair of symbols.",
    inputs: { symbols: SYMBOLS, interval: INTERVAL, from: FROM, to: TO },
    list: { name: "pairs", keep: "first" },
  },
  {
    ...{ name: "risk", title: "Risk", path: "/api/analytics/risk" },
    description:
      "Return, volatility, Sharpe and other ratios, drawdown and value at risk of a symbol's closes, or of a series. Parts of one: 0.04 is 4 %.",
    inputs: {
      ...{ symbol: SYMBOL, metric: text("A metric, for its last values") },
      ...{ interval: INTERVAL, from: FROM, to: TO },
    },
  },
  {
    ...{ name: "profit_and_loss", title: "Profit and loss", path: "/api/analytics/attribution" },
    description: "Profit and loss by symbol and in total, to the cent, of what was held.",
    inputs: {
      ...{ symbols: SYMBOLS, account: ACCOUNT },
      ...{ interval: INTERVAL, from: FROM, to: TO },
    },
  },
];

function text(description: string): Input {
  return { type: "string", description };
}

function required(input: Input): Input {
  return { ...input, isRequired: true };
}

function count(description: string, fallback: number, maximum: number): Input {
  return { type: "integer", description, default: fallback, maximum };
}

/** How `tools/list` tells of a tool. */
export function describeTool({ name, title, description, inputs }: Tool): object {
  const properties = Object.entries(inputs).map(([input, { isRequired: _, ...schema }]) => [
    input,
    schema.type === "integer" ? { ...schema, minimum: 1 } : schema,
  ]);
  const needed = Object.entries(inputs).flatMap(([input, { isRequired }]) =>
    isRequired === true ? [input] : [],
  );
  return {
    ...{ name, title, description },
    inputSchema: {
      ...{
        type: "object",
        properties: Object.fromEntries(properties),
        additionalProperties: false,
      },
      ...(needed.length > 0 && { required: needed }),
    },
    annotations: { title, readOnlyHint: true, openWorldHint: false },
  };
}

/** Arguments as they fit the tool, or what is wrong with them. Values themselves are the route's question. */
export type Arguments =
  | { kind: "fit"; values: ReadonlyMap<string, string> }
  | { kind: "wrong"; message: string };

export function readArguments({ path, inputs }: Tool, given: unknown): Arguments {
  const wrong = (message: string): Arguments => ({ kind: "wrong", message });
  if (given !== undefined && !isRecord(given)) return wrong("arguments must be an object");
  const entries = Object.entries(given ?? {}).filter(([, value]) => value !== null);
  for (const [name, value] of entries) {
    const input = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
    if (input === undefined) {
      return wrong(`${name} is unknown; this tool takes ${Object.keys(inputs).join(", ")}`);
    }
    if (typeof value !== "string" && typeof value !== "number") {
      return wrong(`${name} must be ${input.type === "integer" ? "a whole number" : "text"}`);
    }
    // Of an address these would be steps, however they are written.
    if (path.includes(`{${name}}`) && /^\.{0,2}$/.test(String(value))) {
      return wrong(`${name} must not be empty, and not . or ..`);
    }
    const { maximum } = input;
    if (maximum !== undefined && !isCount(value, maximum)) {
      return wrong(`${name} must be a whole number from 1 to ${maximum}`);
    }
  }
  const values = new Map(entries.map(([name, value]) => [name, String(value)]));
  for (const [name, { isRequired, default: fallback }] of Object.entries(inputs)) {
    if (fallback !== undefined && !values.has(name)) values.set(name, String(fallback));
    if (isRequired === true && !values.has(name)) return wrong(`${name} is missing`);
  }
  return { kind: "fit", values };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: string | number, maximum: number): boolean {
  const number = Number(value);
  return Number.isInteger(number) && number >= 1 && number <= maximum;
}

/** The path and query to ask. */
export function targetOf({ path, forRoute }: Tool, values: ReadonlyMap<string, string>): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const [name, value] of forRoute?.(values) ?? values) {
    const place = `{${name}}`;
    if (filled.includes(place)) filled = filled.replace(place, () => encodeURIComponent(value));
    else query.set(name, value);
  }
  return query.size === 0 ? filled : `${filled}?${query}`;
}

function without(dropped: string): NonNullable<Tool["forRoute"]> {
  return (values) => new Map([...values].filter(([name]) => name !== dropped));
}
