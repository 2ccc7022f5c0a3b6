import * as z from "zod";
import { isStorable } from "../words/name.ts";

/** What a channel may be of: a kind of event, or the bars that a room tells of. */
export const CHANNEL_KINDS = [
  "metric",
  "trade",
  "position",
  "book",
  "order",
  "note",
  "alert",
  "log",
  "bar",
] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** Most channels of one stream. */
export const MOST_CHANNELS = 50;

/** `trade`, or `metric:cpu*` for metrics whose names match (SPEC ST-9). */
export const channelSchema = z.string().refine((text) => channelFault(text) === null, {
  error: (issue) => channelFault(String(issue.input)) ?? "must be a channel",
});

/** Why this is no channel, or null where it is one. */
export function channelFault(text: string): string | null {
  const [kind = "", ...rest] = text.split(":");
  if (!CHANNEL_KINDS.some((known) => known === kind)) {
    return `must be one of ${CHANNEL_KINDS.join(", ")}, or metric:NAME, in which * is any run of characters`;
  }
  if (rest.length === 0) return null;
  const glob = rest.join(":");
  if (kind !== "metric") return `only metric may be followed by a name, as in metric:cpu*`;
  return glob === "" || glob.length > 200 || !isStorable(glob)
    ? "must have 1 to 200 characters of a metric's name behind metric:"
    : null;
}
