import type { ArchiveAnswer } from "../../../durable/room/archive.ts";
import type { LogFrame } from "../../../durable/room/log-row.ts";
import type { StoreOutcome } from "../../../src/bindings/writer.ts";
import { decodeFrame, encodeFrame, tradeKey } from "../../../src/core/encode-events.ts";
import type { TapeEvent } from "../../../src/protocol/event.ts";
import type { Cursor } from "../../../src/protocol/time.ts";

interface Row {
  cursor: Cursor;
  ordinal: number;
  event: TapeEvent;
}

/** What Postgres does for one room: rows by (cursor, ordinal), the first of equal trades and the samples of books kept. */
export class FakePostgres {
  /** `away`: nothing works. `forgetful`: it stores, and the answer is lost. */
  mode: "up" | "slow" | "away" | "forgetful" = "up";
  readonly #rows = new Map<string, Row>();
  readonly #pageEvents: number;

  constructor(pageEvents: number) {
    this.#pageEvents = pageEvents;
  }

  get rows(): Row[] {
    return [...this.#rows.values()].sort((a, b) => a.cursor - b.cursor || a.ordinal - b.ordinal);
  }

  store(frames: readonly LogFrame[]): StoreOutcome {
    if (this.mode === "away") return { kind: "unavailable" };
    for (const { cursor, text } of frames) {
      for (const [ordinal, event] of decodeFrame(text).entries()) {
        if (event.kind === "book" && event.sampled !== true) continue;
        const key = tradeKey(event) ?? `${cursor}/${ordinal}`;
        const known = this.#rows.get(key);
        if (known === undefined || cursor < known.cursor) {
          this.#rows.set(key, { cursor, ordinal, event });
        }
      }
    }
    return this.mode === "forgetful" ? { kind: "unavailable" } : { kind: "stored", identity: null };
  }

  read(after: Cursor, upTo: Cursor): ArchiveAnswer {
    if (this.mode === "away") return { kind: "away" };
    const frames: LogFrame[] = [];
    let events = 0;
    const found = Map.groupBy(
      this.rows.filter(({ cursor }) => cursor > after && cursor <= upTo),
      ({ cursor }) => cursor,
    );
    for (const [cursor, rows] of found) {
      if (events > 0 && events + rows.length > this.#pageEvents) {
        return { kind: "frames", frames, through: frames.at(-1)?.cursor ?? upTo };
      }
      frames.push({ ...encodeFrame(rows.map(({ event }) => event)), cursor });
      events += rows.length;
    }
    return { kind: "frames", frames, through: upTo };
  }
}
