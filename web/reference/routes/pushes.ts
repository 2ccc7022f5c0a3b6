import type { ComponentName } from "../components.ts";
import type { DescribedRoute, Example } from "../described-route.ts";
import { IDEMPOTENCY_KEY, PRECISION, UNTIL_STORED } from "../parameters.ts";

/** Each takes events of its own kind. Their examples are sent in this order, and what is read later is of them. */
export const PUSHES: readonly DescribedRoute[] = [
  push("/api/trades", "TradePush", "Push trades", {
    json: [
      { symbol: "ACME", price: 101.25, size: 20, side: "buy" },
      { symbol: "BETA", price: 7.5, size: 300 },
    ],
  }),
  push("/api/metrics", "MetricPush", "Push points of series", {
    json: [
      { metric: "order_latency_ms", symbol: "ACME", value: 1.7, labels: { venue: "xnas" } },
      { metric: "cpu", value: 0.4 },
    ],
  }),
  push("/api/positions", "PositionPush", "Push what accounts hold", {
    json: { symbol: "ACME", quantity: 300, avg_price: 100.5, account: "desk" },
  }),
  push("/api/books", "BookPush", "Push order books", {
    json: {
      symbol: "ACME",
      type: "snapshot",
      bids: [
        [101.2, 5],
        [101.1, 8],
      ],
      asks: [[101.3, 4]],
    },
  }),
  push("/api/orders", "OrderPush", "Push states of orders", {
    json: [
      {
        ...{ symbol: "ACME", id: "o-1", status: "sent", side: "buy", type: "limit" },
        ...{ quantity: 100, price: 101.3, account: "desk" },
      },
      {
        ...{ symbol: "ACME", id: "o-1", status: "filled", side: "buy", type: "limit" },
        ...{ quantity: 100, price: 101.3, filled: 100, avg_price: 101.3, account: "desk" },
      },
    ],
  }),
  push("/api/notes", "NotePush", "Push notes: marks in the time of a symbol", {
    json: { symbol: "ACME", text: "parameters changed" },
  }),
  {
    ...{ method: "post", path: "/api/bars", family: "Push", scope: "write" },
    summary: "Push bars from elsewhere",
    detail:
      "History of 1m, 1h or 1d goes to Postgres alone. Of one symbol, interval and ts the last that is posted stays.",
    parameters: [PRECISION, IDEMPOTENCY_KEY],
    body: { kind: "items", of: "BarPush" },
    answers: {
      200: {
        description: "The bars are in Postgres.",
        content: { type: "application/json", of: "BarsAccepted" },
      },
    },
    example: {
      target: "/api/bars",
      body: {
        json: [
          {
            ...{ symbol: "ACME", interval: "1d", ts: "2026-01-05T00:00:00Z" },
            ...{ open: 99, high: 102.5, low: 98.75, close: 101, volume: 12_000 },
          },
        ],
      },
    },
  },
];

export function push(
  path: string,
  of: ComponentName,
  summary: string,
  body: NonNullable<Example["body"]>,
): DescribedRoute {
  const content = { type: "application/json", of: "Accepted" } as const;
  return {
    ...{ method: "post", path, family: "Push", summary, scope: "write" },
    parameters: [UNTIL_STORED, PRECISION, IDEMPOTENCY_KEY],
    body: { kind: "items", of },
    answers: {
      202: { description: "The batch is durable, and will be in Postgres exactly once.", content },
      200: { description: "The batch is in Postgres (wait=stored).", content },
    },
    example: { target: path, body },
  };
}
