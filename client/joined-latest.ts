import { latestKeyOf } from "../src/core/streams/latest-room.ts";
import type { TapeEvent } from "../src/protocol/events/event.ts";
import type { LiveBar } from "../src/protocol/socket/server-message.ts";
import type { LatestMessage } from "../src/protocol/streams/server-message.ts";

type Room = LatestMessage["rooms"][number];

interface WaitingRoom extends Pick<Room, "symbol" | "cursor" | "whole"> {
  events: Map<string, TapeEvent>;
  bars: Map<number, LiveBar>;
}

/** Messages of last values that wait for a reader, as one message: of each key the newest event alone. */
export class JoinedLatest {
  #rooms = new Map<string, WaitingRoom>();
  #skipped = 0;

  add({ rooms, skipped }: LatestMessage): void {
    this.#skipped += skipped;
    for (const room of rooms) this.#addRoom(room);
  }

  /** All that waits; null where nothing does. */
  take(): LatestMessage | null {
    if (this.#rooms.size === 0) return null;
    const rooms = [...this.#rooms.values()].map(
      ({ events, bars, ...room }): Room => ({
        ...room,
        events: [...events.values()],
        ...(bars.size > 0 && { bars: [...bars.values()] }),
      }),
    );
    const skipped = this.#skipped;
    this.#rooms = new Map();
    this.#skipped = 0;
    return { type: "latest", rooms, skipped };
  }

  #addRoom({ symbol, cursor, whole, events, bars = [] }: Room): void {
    const known = this.#rooms.get(symbol);
    // A room that is whole takes the place of all that was told of it.
    const waiting: WaitingRoom =
      known === undefined || whole
        ? { symbol, cursor, ...(whole && { whole }), events: new Map(), bars: new Map() }
        : known;
    waiting.cursor = cursor;
    for (const event of events) {
      const key = latestKeyOf(event);
      // The keys lie in the order of their last change.
      if (waiting.events.delete(key)) this.#skipped += 1;
      waiting.events.set(key, event);
    }
    for (const bar of bars) waiting.bars.set(bar.ts, bar);
    this.#rooms.set(symbol, waiting);
  }
}
