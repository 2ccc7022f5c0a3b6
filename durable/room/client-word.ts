import { type ClientMessage, clientMessageSchema } from "../../src/protocol/client-message.ts";
import type { Viewer } from "./viewer.ts";

/** What a message of a viewer turned out to be. */
export type ClientWord =
  | { kind: "message"; message: ClientMessage }
  | { kind: "bad"; why: string }
  | { kind: "too_large" }
  | { kind: "too_many" };

const RATE_WINDOW_MS = 1_000;

/** Reads a message of a viewer and counts it against the limits; 0 switches a limit off (SPEC L-1, L-2). */
export function readWord(
  viewer: Viewer,
  data: string | ArrayBuffer,
  limits: { messageBytes: number; messagesPerSecond: number },
  nowMs: number,
): ClientWord {
  const rate = viewer.messages;
  if (nowMs - rate.windowStartMs >= RATE_WINDOW_MS) {
    rate.windowStartMs = nowMs;
    rate.count = 0;
  }
  rate.count += 1;
  if (limits.messagesPerSecond > 0 && rate.count > limits.messagesPerSecond) {
    return { kind: "too_many" };
  }
  if (limits.messageBytes > 0 && isOver(data, limits.messageBytes)) return { kind: "too_large" };
  if (typeof data !== "string") return { kind: "bad", why: "binary messages mean nothing here" };
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return { kind: "bad", why: 'expected a JSON message or the text "ping"' };
  }
  const parsed = clientMessageSchema.safeParse(value);
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
