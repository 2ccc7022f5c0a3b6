import type * as z from "zod";
import type { AddressedEvent } from "../core/events/encode-events.ts";
import {
  type BookEvent,
  type BookPush,
  bookPushSchema,
  canonicalSeq,
} from "../protocol/events/book.ts";
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
} from "../protocol/events/event.ts";
import { SYSTEM_SYMBOL } from "../protocol/words/symbol.ts";
import { isPlainBook, isPlainMetric, isPlainTrade } from "./accept.ts";
import type { PushFormat } from "./decode-push.ts";

export const metricPush: PushFormat<MetricPush, AddressedEvent> = {
  isPlain: isPlainMetric,
  schema: metricPushSchema as z.ZodType<MetricPush>,
  itemOf: (push, ts) => {
    const event: MetricEvent = { kind: "metric", ts, metric: push.metric, value: push.value };
    if (push.labels !== undefined) event.labels = push.labels;
    return { symbol: push.symbol ?? SYSTEM_SYMBOL, event };
  },
};

export const tradePush: PushFormat<TradePush, AddressedEvent> = {
  isPlain: isPlainTrade,
  schema: tradePushSchema as z.ZodType<TradePush>,
  itemOf: (push, ts) => {
    const event: TradeEvent = { kind: "trade", ts, price: push.price, size: push.size };
    if (push.side !== undefined) event.side = push.side;
    if (push.id !== undefined) event.id = push.id;
    if (push.venue !== undefined) event.venue = push.venue;
    return { symbol: push.symbol, event };
  },
};

export const positionPush: PushFormat<PositionPush, AddressedEvent> = {
  // Positions come by the hundred, not by the hundred thousand: the schema is quick enough.
  isPlain: (_): _ is PositionPush => false,
  schema: positionPushSchema as z.ZodType<PositionPush>,
  itemOf: (push, ts) => {
    const event: PositionEvent = { kind: "position", ts, quantity: push.quantity };
    if (push.avg_price !== undefined) event.avg_price = push.avg_price;
    if (push.account !== undefined) event.account = push.account;
    return { symbol: push.symbol, event };
  },
};

export const bookPush: PushFormat<BookPush, AddressedEvent> = {
  isPlain: isPlainBook,
  schema: bookPushSchema as z.ZodType<BookPush>,
  itemOf: ({ symbol, type, bids, asks, seq, sampled }, ts) => {
    const event: BookEvent = { kind: "book", ts, type, bids, asks };
    if (seq !== undefined) event.seq = canonicalSeq(seq);
    if (sampled !== undefined) event.sampled = sampled;
    return { symbol, event };
  },
};
