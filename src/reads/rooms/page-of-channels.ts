import type { PollPage } from "../../bindings/host.ts";
import { Channels } from "../../core/streams/channels.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";

/** A page left to some kinds of events (SPEC Q-1): a frame of which nothing is left goes, and the page's cursor stays. */
export function pageOfChannels(page: PollPage, names: readonly string[]): PollPage {
  const channels = new Channels(names);
  const all = JSON.parse(`[${page.events}]`) as TapeEvent[];
  let from = 0;
  const frames = page.frames.map(({ cursor, count }) => {
    const events = all.slice(from, from + count).filter((event) => channels.has(event));
    from += count;
    return { cursor, events };
  });
  const left = frames.filter(({ events }) => events.length > 0);
  return {
    ...page,
    events: left.flatMap(({ events }) => events.map((event) => JSON.stringify(event))).join(),
    frames: left.map(({ cursor, events }) => ({ cursor, count: events.length })),
  };
}
