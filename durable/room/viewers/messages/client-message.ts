import type * as z from "zod";
import {
  type ClientMessage,
  clientMessageSchema,
} from "../../../../src/protocol/socket/client-message.ts";
import { PING } from "../../../../src/protocol/socket/heartbeat.ts";

/** What a message of a viewer turned out to be. */
export type MessageReading<Message = ClientMessage> =
  | { kind: "message"; message: Message }
  /** Here only while the platform does not answer it itself. */
  | { kind: "ping" }
  | { kind: "bad"; why: string }
  | { kind: "too_large" }
  | { kind: "too_many" };

const RATE_WINDOW_MS = 1_000;

/** Messages of a viewer in a second, over all its sockets in the room. */
export interface MessageRate {
  windowStartMs: number;
  count: number;
}

interface Bounds {
  messageBytes: number;
  messagesPerSecond: number;
}

/** Reads a message of a viewer of one room. */
export function readClientMessage(
  rate: MessageRate,
  data: string | ArrayBuffer,
  limits: Bounds,
  nowMs: number,
): MessageReading {
  return readMessage(clientMessageSchema, rate, data, limits, nowMs);
}

/** Reads a message of a client and counts it against the limits; 0 switches a limit off (SPEC L-1, L-2, L-6). */
export function readMessage<Message>(
  schema: z.ZodType<Message>,
  rate: MessageRate,
  data: string | ArrayBuffer,
  limits: Bounds,
  nowMs: number,
): MessageReading<Message> {
  // A second that began later than now began before the clock was turned back.
  if (nowMs < rate.windowStartMs || nowMs - rate.windowStartMs >= RATE_WINDOW_MS) {
    rate.windowStartMs = nowMs;
    rate.count = 0;
  }
  rate.count += 1;
  if (limits.messagesPerSecond > 0 && rate.count > limits.messagesPerSecond) {
    return { kind: "too_many" };
  }
  if (limits.messageBytes > 0 && isOver(data, limits.messageBytes)) return { kind: "too_large" };
  if (typeof data !== "string") return { kind: "bad", why: "binary messages mean nothing here" };
  if (data === PING) return { kind: "ping" };
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return { kind: "bad", why: 'expected a JSON message or the text "ping"' };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: "message", message: parsed.data };
  const [issue] = parsed.error.issues;
  return { kind: "bad", why: `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim() };
}

function isOver(data: string | ArrayBuffer, limitBytes: number): boolean {
  if (typeof data !== "string") return data.byteLength > limitBytes;
  // A UTF-16 unit is one to three bytes of UTF-8, so most texts need no counting.
  if (data.length > limitBytes || data.length * 3 <= limitBytes) return data.length > limitBytes;
  return new TextEncoder().encode(data).byteLength > limitBytes;
}
