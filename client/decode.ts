import { PONG } from "../src/protocol/socket/heartbeat.ts";
import type { ServerMessage } from "../src/protocol/socket/server-message.ts";
import type { Received } from "./state.ts";

/** The fields the client itself reads, by message: a text without them cannot be trusted to be one. */
const NEEDED: { [T in ServerMessage["type"]]: readonly string[] } = {
  hello: ["cursor", "heartbeat_ms", "window"],
  snapshot: ["cursor"],
  events: ["cursor"],
  gap: ["from", "to"],
  caught_up: ["cursor"],
  bar: ["ts"],
  error: [],
};

/**
 * What a text from the room is. The room is trusted to keep to its schemas, which stay on the server's side for their
 * size; only what the state depends on is checked here.
 */
export function decode(data: unknown): Received {
  if (data instanceof ReadMessage) return decodeValue(data.value, data.length);
  const text = String(data);
  const { length } = text;
  if (text === PONG) return { kind: "pong", length };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "broken", length };
  }
  return decodeValue(value, length);
}

/** A message that whoever brings it has read already. */
export class ReadMessage {
  readonly value: unknown;
  readonly length: number;

  constructor(value: unknown, length: number) {
    this.value = value;
    this.length = length;
  }
}

function decodeValue(value: unknown, length: number): Received {
  if (!isRecord(value)) return { kind: "broken", length };
  const { type, events } = value;
  if (typeof type !== "string") return { kind: "broken", length };
  if (!isKnown(type)) return { kind: "unknown", length };
  if (!NEEDED[type].every((field) => Number.isSafeInteger(value[field]))) {
    return { kind: "broken", length };
  }
  if (type === "events" && !Array.isArray(events)) return { kind: "broken", length };
  const message = value as unknown as ServerMessage;
  if (message.type === "hello") return { kind: "hello", message, length };
  return { kind: "delivery", message, length };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isKnown(type: string): type is ServerMessage["type"] {
  return Object.hasOwn(NEEDED, type);
}
