import { type EncodedFrame, encodeFrame } from "../../../../src/core/events/encode-events.ts";
import type { TapeEvent } from "../../../../src/protocol/events/event.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";

/** The clock of an earlier life was ahead by so much, in ms. */
const AHEAD_MS = 60_000;
const FRAMES = 6;

/** What Postgres has of a symbol from before its host, and partly from beyond its clock. */
export function earlierLife(nowMs: number): { frames: (EncodedFrame & { cursor: Cursor })[] } {
  const frames = Array.from({ length: FRAMES }, (_, at) => {
    const atUs = (nowMs - AHEAD_MS + (at * 2 * AHEAD_MS) / (FRAMES - 1)) * 1_000;
    const moment = (offset: number) => (Math.floor(atUs) - 5_000 + offset) as EpochUs;
    const price = 90 + at;
    const events: TapeEvent[] = [
      { kind: "trade", ts: moment(0), price, size: 1, id: `before ${at}` },
      { kind: "trade", ts: moment(1), price: price + 1, size: 2 },
      { kind: "metric", ts: moment(2), metric: `m${at % 3}`, value: -at },
      { kind: "position", ts: moment(3), quantity: -at, account: `a${at % 2}` },
      {
        ...{ kind: "book", ts: moment(4), type: "snapshot", seq: 1_000_000 + at, sampled: true },
        ...{ bids: [[at, 1]], asks: [[20 + at, 1]] },
      } as TapeEvent,
    ];
    return { ...encodeFrame(events), cursor: Math.floor(atUs) as Cursor };
  });
  return { frames };
}
