import type * as z from "zod";
import type { AddressedEvent } from "../core/encode-events.ts";
import { readTimestamp } from "../core/timestamp.ts";
import {
  type MetricEvent,
  type MetricPush,
  metricPushSchema,
  type PositionEvent,
  type PositionPush,
  positionPushSchema,
  type TradeEvent,
  type TradePush,
  tradePushSchema,
} from "../protocol/event.ts";
import type { ProblemIssue } from "../protocol/problem.ts";
import { SYSTEM_SYMBOL } from "../protocol/symbol.ts";
import type { EpochUs } from "../protocol/time.ts";
import { isPlainMetric, isPlainTrade } from "./accept.ts";
import { type Decoded, MAX_ISSUES, type ParsedBody } from "./decoded.ts";

export type AnyPush = MetricPush | TradePush | PositionPush;

/** What the items of one ingest route are. */
export interface PushFormat<Push extends AnyPush> {
  isPlain: (value: unknown) => value is Push;
  schema: z.ZodType<Push>;
  address: (push: Push, ts: EpochUs) => AddressedEvent;
}

export const metricPush: PushFormat<MetricPush> = {
  isPlain: isPlainMetric,
  schema: metricPushSchema as z.ZodType<MetricPush>,
  address: (push, ts) => {
    const event: MetricEvent = { kind: "metric", ts, metric: push.metric, value: push.value };
    if (push.labels !== undefined) event.labels = push.labels;
    return { symbol: push.symbol ?? SYSTEM_SYMBOL, event };
  },
};

export const tradePush: PushFormat<TradePush> = {
  isPlain: isPlainTrade,
  schema: tradePushSchema as z.ZodType<TradePush>,
  address: (push, ts) => {
    const event: TradeEvent = { kind: "trade", ts, price: push.price, size: push.size };
    if (push.side !== undefined) event.side = push.side;
    if (push.id !== undefined) event.id = push.id;
    if (push.venue !== undefined) event.venue = push.venue;
    return { symbol: push.symbol, event };
  },
};

export const positionPush: PushFormat<PositionPush> = {
  // Positions come by the hundred, not by the hundred thousand: the schema is quick enough.
  isPlain: (_): _ is PositionPush => false,
  schema: positionPushSchema as z.ZodType<PositionPush>,
  address: (push, ts) => {
    const event: PositionEvent = { kind: "position", ts, quantity: push.quantity };
    if (push.avg_price !== undefined) event.avg_price = push.avg_price;
    if (push.account !== undefined) event.account = push.account;
    return { symbol: push.symbol, event };
  },
};

/** Validates a whole body (SPEC I-1): all of its events, or the issues of all of its items. No `ts` means `nowUs`. */
export function decodePush<Push extends AnyPush>(
  body: ParsedBody,
  format: PushFormat<Push>,
  nowUs: EpochUs,
): Decoded {
  if (body.kind === "unreadable") return body;
  if (body.values.length === 0) {
    return { kind: "unreadable", detail: "The batch is empty: send at least one item." };
  }
  const events: AddressedEvent[] = [];
  const issues: ProblemIssue[] = [];
  let more = 0;
  const refuse = (issue: ProblemIssue) => {
    if (issues.length < MAX_ISSUES) issues.push(issue);
    else more += 1;
  };
  for (const [index, value] of body.values.entries()) {
    const push = readPush(value, format);
    if (push.kind === "invalid") {
      for (const issue of push.issues)
        refuse({ ...issue, path: join(body.pathOf(index), issue.path) });
      continue;
    }
    const { ts } = push.push;
    const moment =
      ts === undefined ? ({ kind: "moment", us: nowUs } as const) : readTimestamp(ts, nowUs);
    if (moment.kind === "refused") {
      refuse({ path: join(body.pathOf(index), "ts"), message: moment.message });
      continue;
    }
    events.push(format.address(push.push, moment.us));
  }
  return issues.length > 0 ? { kind: "invalid", issues, more } : { kind: "events", events };
}

function readPush<Push extends AnyPush>(
  value: unknown,
  format: PushFormat<Push>,
): { kind: "push"; push: Push } | { kind: "invalid"; issues: ProblemIssue[] } {
  if (format.isPlain(value)) return { kind: "push", push: value };
  const result = format.schema.safeParse(value);
  if (result.success) return { kind: "push", push: result.data };
  const issues = result.error.issues.map((issue) => ({
    path: issue.path.map(String).join("."),
    message: issue.code === "unrecognized_keys" ? unknownFields(issue.keys) : issue.message,
  }));
  return { kind: "invalid", issues };
}

function unknownFields(keys: readonly string[]): string {
  return `unknown field ${keys.map((key) => JSON.stringify(key)).join(", ")}: check the spelling or take it out`;
}

function join(item: string, field: string): string {
  return [item, field].filter((part) => part !== "").join(".");
}
