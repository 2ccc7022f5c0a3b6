import type * as z from "zod";
import type { AddressedEvent } from "../core/events/encode-events.ts";
import { type NoteEvent, type NotePush, notePushSchema } from "../protocol/events/note.ts";
import { type OrderEvent, type OrderPush, orderPushSchema } from "../protocol/events/order.ts";
import type { PushFormat } from "./decode-push.ts";

export const orderPush: PushFormat<OrderPush, AddressedEvent> = {
  // As positions: the schema is quick enough.
  isPlain: (_): _ is OrderPush => false,
  schema: orderPushSchema as z.ZodType<OrderPush>,
  itemOf: ({ symbol, kind: _kind, ts: _ts, ...fields }, ts) => {
    const event: OrderEvent = { kind: "order", ts, ...fields };
    return { symbol, event };
  },
};

export const notePush: PushFormat<NotePush, AddressedEvent> = {
  isPlain: (_): _ is NotePush => false,
  schema: notePushSchema as z.ZodType<NotePush>,
  itemOf: ({ symbol, kind: _kind, ts: _ts, ...fields }, ts) => {
    const event: NoteEvent = { kind: "note", ts, ...fields };
    return { symbol, event };
  },
};
