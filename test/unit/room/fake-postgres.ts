import type { ArchiveAnswer } from "../../../durable/room/past/archive.ts";
import type { RoomArchive } from "../../../durable/room/room-ports.ts";
import type { StoreOutcome } from "../../../src/bindings/writer.ts";
import { decodeFrame, encodeFrame, tradeKey } from "../../../src/core/encode-events.ts";
import type { TailTrade } from "../../../src/db/bars/read-bar-columns.ts";
import { DatabaseError } from "../../../src/db/driver/database-error.ts";
import type { EarlierLife } from "../../../src/db/events/read-earlier-life.ts";
import type { Bar } from "../../../src/protocol/bar.ts";
import type { TapeEvent } from "../../../src/protocol/event.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { Cursor } from "../../../src/protocol/time.ts";
import { barOf } from "./model-tape.ts";

export const SYMBOL = "BTC-USD" as SymbolName;

interface Row {
  cursor: Cursor;
  ordinal: number;
  event: TapeEvent;
}

/** What Postgres does for one room: rows by (cursor, ordinal), the first of equal trades and the samples of books kept. */
export class FakePostgres implements RoomArchive {
  readonly identity = "a database";
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

  store(frames: readonly { cursor: Cursor; text: string }[]): StoreOutcome {
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
    return this.mode === "forgetful"
      ? { kind: "unavailable" }
      : { kind: "stored", identity: this.identity };
  }

  async readNewestCursor(after: Cursor): Promise<Cursor | null> {
    this.#mustBeThere();
    const newest = this.rows.at(-1)?.cursor ?? null;
    return newest === null || newest <= after ? null : newest;
  }

  /** The model's rooms are all older than what is in Postgres of them. */
  async readEarlierLife(): Promise<EarlierLife> {
    this.#mustBeThere();
    return {
      ...{ metrics: [], trade: null, tradeKeys: [], minutes: [], minutesFromUs: null, hours: [] },
      ...{ positions: [], book: null },
    };
  }

  async readMinute(
    minuteUs: number,
    storedThrough: Cursor,
    tail: readonly TailTrade[],
  ): Promise<Bar | null> {
    this.#mustBeThere();
    const stored = this.rows.flatMap(({ cursor, event }) =>
      event.kind === "trade" && cursor <= storedThrough ? [event] : [],
    );
    const known = new Set(stored.map(tradeKey));
    const news = tail
      .map(({ trade }) => trade)
      .filter((trade) => tradeKey(trade) === null || !known.has(tradeKey(trade)));
    return barOf([...stored, ...news], minuteUs);
  }

  #mustBeThere(): void {
    if (this.mode === "away") throw new DatabaseError(new Error("the model's Postgres is away"));
  }

  async readPage(after: Cursor, upTo: Cursor): Promise<ArchiveAnswer> {
    if (this.mode === "away") return { kind: "away" };
    const frames: Extract<ArchiveAnswer, { kind: "frames" }>["frames"] = [];
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
