import * as z from "zod";
import { cursorSchema } from "../words/time.ts";

export {
  CLIENT_SILENCE_MS,
  HEARTBEAT_MS,
  PING,
  PONG,
  ROOM_SILENCE_MS,
} from "./heartbeat.ts";

/** The viewer has processed everything up to `cursor`. Due at least once per `window` bytes received (SPEC F-1). */
export const ackSchema = z.strictObject({ type: z.literal("ack"), cursor: cursorSchema });

export const clientMessageSchema = z.discriminatedUnion("type", [ackSchema], {
  error: 'type must be "ack"',
});
export type ClientMessage = z.infer<typeof clientMessageSchema>;
