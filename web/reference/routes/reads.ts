import type { ComponentName } from "../components.ts";
import type { Answer, DescribedRoute, Parameter } from "../described-route.ts";
import {
  AFTER,
  AGG,
  AT,
  CHANNELS,
  count,
  interval,
  LABELS,
  PRECISION,
  range,
  required,
  SYMBOL,
  SYMBOL_IN_PATH,
  text,
  WAIT,
  word,
} from "../parameters.ts";

const SINCE = [
  text("since", "A cursor, or a time; 0 is the beginning of everything"),
  text("log", "The log that the cursor is of, as the answer before has it"),
];

export const READS: readonly DescribedRoute[] = [
  read(
    "/api/symbols",
    "SymbolsAnswer",
    "Every symbol with its last price",
    "/api/symbols",
    [WAIT],
    {
      304: { description: "The list is still that of If-None-Match." },
    },
  ),
  read(
    "/api/history/{symbol}",
    "HistoryAnswer",
    "Bars, oldest first",
    "/api/history/ACME?interval=1m&from=now-6h",
    [
      SYMBOL_IN_PATH,
      interval("1m"),
      ...range("the newest limit bars"),
      count("limit", "Most bars: the newest of the range", [1, 10_000], 500),
    ],
    { 304: { description: "Nothing in the range has changed since If-None-Match." } },
  ),
  read(
    "/api/series",
    "SeriesAnswer",
    "Columns for a chart of a metric",
    "/api/series?metric=order_latency_ms&symbol=ACME&from=now-1h&step=1m",
    [
      required(text("metric", "The metric")),
      { ...SYMBOL, description: "The symbol; without it _system" },
      LABELS,
      ...range("an hour before the end"),
      text("step", "10s, 5m, 1d, a number of seconds, or raw for the points themselves"),
      count("points", "About so many points, in place of a step", [1, 10_000], 1_000),
      AGG,
    ],
    { 304: { description: "Nothing in the range has changed since If-None-Match." } },
  ),
  read(
    "/api/metrics/names",
    "MetricNamesAnswer",
    "The series of a symbol",
    "/api/metrics/names?symbol=ACME",
    [
      { ...SYMBOL, description: "The symbol; without it _system" },
      count("limit", "Most series of a page", [1, 10_000], 2_000),
      AFTER,
    ],
  ),
  read(
    "/api/positions/{symbol}",
    "PositionsAnswer",
    "What each account holds now",
    "/api/positions/ACME",
    [SYMBOL_IN_PATH, count("limit", "Most accounts of a page", [1, 10_000], 10_000), AFTER],
  ),
  read(
    "/api/trades/{symbol}",
    "TradesAnswer",
    "The newest trades, the newest first",
    "/api/trades/ACME?limit=50",
    [SYMBOL_IN_PATH, count("limit", "Most trades", [1, 1_000], 100)],
  ),
  read(
    "/api/books/{symbol}",
    "BookAnswer",
    "The order book, now or at a moment",
    "/api/books/ACME?depth=10",
    [SYMBOL_IN_PATH, count("depth", "Best levels of a side", [1, 1_000], 1_000), AT, PRECISION],
  ),
  {
    ...{ method: "get", path: "/api/export", family: "Read", scope: "read" },
    summary: "Every event of a range, whatever its length",
    detail: "An export that fails in the middle breaks off. Of books it has the samples.",
    parameters: [
      required(SYMBOL),
      required(
        word("kind", "What to export", [
          "metric",
          "trade",
          "position",
          "book",
          "order",
          "note",
          "log",
          "alert",
        ]),
      ),
      text("metric", "With kind=metric: this metric alone"),
      ...range("everything there is"),
      word("format", "What it is written as", ["ndjson", "csv", "parquet"], "ndjson"),
    ],
    answers: {
      200: {
        description:
          "Events by time, one a line or a row. The header edgetape-cursor says up to where everything is in it. CSV is text/csv, Parquet application/vnd.apache.parquet.",
        content: { type: "application/x-ndjson" },
      },
    },
    example: { target: "/api/export?symbol=ACME&kind=trade" },
  },
  {
    ...read(
      "/api/rooms/{symbol}/events",
      "PollAnswer",
      "Events after a cursor, by polling",
      "/api/rooms/ACME/events?since=0&limit=100",
      [
        SYMBOL_IN_PATH,
        ...SINCE,
        count("limit", "About so many events, in whole frames", [1, 10_000], 1_000),
        WAIT,
        CHANNELS,
      ],
    ),
    family: "Live",
  },
  {
    ...{ method: "get", path: "/ws/{symbol}", family: "Live", scope: "read" },
    summary: "The room of a symbol, as a WebSocket",
    detail:
      "The subprotocol is edgetape.v1; browsers send the token as a second one, bearer.TOKEN. A room says ServerMessage, a viewer ClientMessage and the text ping. SPEC, in the project, has the rules.",
    parameters: [SYMBOL_IN_PATH, ...SINCE],
    answers: { 101: { description: "The upgrade." } },
  },
  {
    ...{ method: "get", path: "/ws", family: "Live", scope: "read" },
    summary: "Many rooms on one WebSocket",
    detail:
      "As /ws/SYMBOL, with the symbol before each message of a room; several messages may come as one array. What is watched changes by subscribe and unsubscribe, and ack counts messages. SPEC, in the project, has the rules (ST-1 to ST-12).",
    parameters: [
      text("symbols", "Symbols and patterns, joined by commas, up to 500: ACME,BTC-*"),
      word("mode", "Every event, or the last values at a rate", ["all", "latest"], "all"),
      count("hz", "With mode=latest: messages a second at most", [1, 20], 10),
      CHANNELS,
      word(
        "compress",
        "With mode=latest: long messages are binary, their text as raw DEFLATE",
        ["none", "deflate-raw"],
        "none",
      ),
    ],
    answers: { 101: { description: "The upgrade." } },
  },
  {
    ...{ method: "get", path: "/api/rooms/{symbol}/stream", family: "Live", scope: "read" },
    summary: "A room as server-sent events",
    detail:
      "Each message of the room is the data of an event, and its id is where that leaves a reader: sent back as Last-Event-ID the stream goes on from there. Comments keep the connection open.",
    parameters: [SYMBOL_IN_PATH, ...SINCE],
    answers: {
      200: {
        description: "Events, until the room ends them: come back after retry.",
        content: { type: "text/event-stream" },
      },
    },
  },
  {
    ...{ method: "post", path: "/mcp", family: "Read", scope: "read" },
    summary: "The Model Context Protocol, for assistants",
    detail:
      "A message of JSON-RPC 2.0, of a revision from 2024-11-05 to 2026-07-28; no sessions, no streams. Its tools read, and nothing else.",
    body: {
      kind: "opaque",
      contentTypes: ["application/json"],
      description: "One message.",
    },
    answers: {
      200: { description: "Its answer.", content: { type: "application/json" } },
      202: { description: "It was a notification." },
      400: {
        description: "It is no message, or of another version.",
        content: { type: "application/json" },
      },
    },
    example: {
      target: "/mcp",
      body: { json: { jsonrpc: "2.0", id: 1, method: "tools/list" } },
    },
  },
];

export function read(
  path: string,
  of: ComponentName,
  summary: string,
  target: string,
  parameters: readonly Parameter[],
  more: Readonly<Record<string, Answer>> = {},
): DescribedRoute {
  const content = { type: "application/json", of };
  return {
    ...{ method: "get", path, family: "Read", summary, scope: "read", parameters },
    answers: { 200: { description: "The answer.", content }, ...more },
    example: { target },
  };
}
