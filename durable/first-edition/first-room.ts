import type { RememberedKey } from "../../src/bindings/first-edition.ts";
import type { HandedOver } from "../../src/bindings/host.ts";
import type { StoreRequest, WriterCalls } from "../../src/bindings/writer.ts";
import { keyframeOf } from "../../src/core/books/book-samples.ts";
import { encodeFrame } from "../../src/core/events/encode-events.ts";
import type { HostName } from "../../src/core/placement/placement.ts";
import { DAY_US } from "../../src/core/time/duration.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../src/protocol/words/time.ts";
import { numberOf, type SqlPort, textOf } from "../room/sql-port.ts";
import { lastBook } from "./last-book.ts";

/** Text of one part that is stored: a row alone where that has more. */
const PART_CHARS = 512 * 1024;
/** It does not know its place behind an earlier life. */
const PENDING_PLACE = 1;

export interface FirstRoomDeps {
  sql: SqlPort;
  writer: Pick<WriterCalls, "store" | "identity">;
  /** The newest cursor beyond `after` that Postgres has of a symbol; null where there is none, rejects where it is away. */
  readNewestCursor(symbol: SymbolName, after: Cursor): Promise<Cursor | null>;
  nowUs(): EpochUs;
  failed(error: unknown): void;
}

/** A part of the log: frames of whole rows, up to a cursor. */
interface Part {
  frames: { cursor: Cursor; text: string }[];
  through: Cursor;
}

/** What a room of the first edition has written down, and its way to Postgres. It takes nothing more. */
export class FirstRoom {
  readonly #deps: FirstRoomDeps;
  #storing: Promise<"stored" | "refused" | "not_yet"> | null = null;

  constructor(deps: FirstRoomDeps) {
    this.#deps = deps;
  }

  /** Its symbol; null where there never was a room. */
  get symbol(): SymbolName | null {
    if (!this.#hasTable("meta")) return null;
    return this.#meta("symbol") as SymbolName | null;
  }

  /**
   * Stores what is not in Postgres. What Postgres refuses stays here and is tried again, and the symbol goes on without it, as
   * a host goes on without what is refused of one of its rooms.
   */
  async handOver(): Promise<HandedOver> {
    if (this.symbol === null || !this.#hasTable("log")) return { kind: "never_here" };
    this.#storing ??= this.#store().finally(() => {
      this.#storing = null;
    });
    const outcome = await this.#storing;
    return outcome === "not_yet"
      ? { kind: "not_yet" }
      : { kind: "handed_over", log: null, through: this.#head };
  }

  /** It has something that nobody else has, and that cannot be stored: see `handOver`. */
  get mustStay(): boolean {
    const isRoom = this.symbol !== null && this.#hasTable("log");
    return isRoom && this.#partAfter(this.#storedThrough) !== null;
  }

  /** Under which name it stores: not that of any host, for it has a lane of its own. */
  get lane(): HostName {
    return `first-edition:${this.symbol ?? ""}` as HostName;
  }

  /** The next keys behind this one, in order, of those that are younger than a day. */
  keysAfter(key: string, most: number): RememberedKey[] {
    if (!this.#hasTable("idempotency")) return [];
    const rows = this.#deps.sql.exec(
      "SELECT key, fingerprint, cursor, at FROM idempotency WHERE key > ? AND at >= ? ORDER BY key LIMIT ?",
      ...[key, this.#deps.nowUs() - DAY_US, most],
    );
    return [...rows].map((row) => ({
      ...{ key: textOf(row["key"]), fingerprint: textOf(row["fingerprint"]) },
      ...{ cursor: numberOf(row["cursor"]) as Cursor, at: numberOf(row["at"]) as EpochUs },
    }));
  }

  /** Cursor of the newest frame, or that which viewers were told of where there is none. */
  get #head(): Cursor {
    const [row] = this.#deps.sql.exec("SELECT coalesce(max(cursor), 0) AS head FROM log");
    return Math.max(
      numberOf(row?.["head"]),
      this.#prunedThrough,
      Number(this.#meta("head_from") ?? 0),
    ) as Cursor;
  }

  async #store(): Promise<"stored" | "refused" | "not_yet"> {
    const { writer, failed } = this.#deps;
    try {
      const identity = await writer.identity();
      // What is stored can only be said of a database that answers: it may be another one (SPEC S-8).
      if (identity === null) return "not_yet";
      await this.#findPlace();
      this.#sampleBook();
      for (let after = this.#storedIn(identity); ; ) {
        const part = this.#partAfter(after);
        if (part === null) return "stored";
        const outcome = await writer.store(this.#requestOf(part));
        if (outcome.kind === "refused" || outcome.kind === "broken") return "refused";
        if (outcome.kind !== "stored") return "not_yet";
        if (outcome.identity !== null && outcome.identity !== identity) return "not_yet";
        after = part.through;
        this.#write("stored_through", after);
        this.#write("database", identity);
      }
    } catch (error) {
      failed(error);
      return "not_yet";
    }
  }

  /**
   * A room that began on a new machine, and never could ask what there was before: its cursors must be behind those that Postgres
   * has, as it would have put them (SPEC S-7). In one turn, so that nothing is ever stored under two cursors.
   */
  async #findPlace(): Promise<void> {
    if (this.#meta("pending") !== PENDING_PLACE) return;
    const { sql, readNewestCursor } = this.#deps;
    const newest = await readNewestCursor(this.symbol as SymbolName, this.#prunedThrough);
    if (newest !== null) {
      const [row] = sql.exec("SELECT min(first) AS first FROM log");
      const shift = row?.["first"] == null ? 0 : newest + 1 - numberOf(row["first"]);
      // Over the negative numbers, for a row must not take the place of one that has not moved yet.
      sql.exec("UPDATE log SET cursor = -(cursor + ?), first = first + ?", shift, shift);
      sql.exec("UPDATE log SET cursor = -cursor");
      this.#write("pruned_through", newest);
    }
    sql.exec("DELETE FROM meta WHERE key = 'pending'");
  }

  /** Postgres has samples alone of a book, so its last state goes there as one (SPEC D-5). */
  #sampleBook(): void {
    const { sql, nowUs } = this.#deps;
    const state = lastBook(sql);
    if (state === null || !state.isChanged) return;
    const cursor = Math.max(this.#head + 1, nowUs());
    const { text } = encodeFrame([keyframeOf(state)]);
    sql.exec(
      "INSERT INTO log (cursor, first, events, bytes, stored, counts, frames) VALUES (?, ?, 1, ?, ?, '1', ?)",
      ...[cursor, cursor, text.length, this.#storedThrough, text],
    );
  }

  /** Up to where everything is in the database of this identity: the beginning of the log where it is another than before. */
  #storedIn(identity: string): Cursor {
    const known = this.#meta("database");
    if (known !== null && known !== identity) {
      this.#write("stored_anew_from", this.#head);
      this.#write("stored_through", this.#prunedThrough);
      this.#write("database", identity);
    }
    return this.#storedThrough;
  }

  /** Up to where everything is known to be in a database. */
  get #storedThrough(): Cursor {
    const [row] = this.#deps.sql.exec(
      "SELECT coalesce(max(CASE WHEN cursor > ? THEN stored END), 0) AS stored FROM log",
      Number(this.#meta("stored_anew_from") ?? 0),
    );
    const written = Number(this.#meta("stored_through") ?? 0);
    return Math.max(numberOf(row?.["stored"]), written, this.#prunedThrough) as Cursor;
  }

  get #prunedThrough(): Cursor {
    return Number(this.#meta("pruned_through") ?? 0) as Cursor;
  }

  #partAfter(after: Cursor): Part | null {
    const part: Part = { frames: [], through: after };
    let chars = 0;
    const rows = this.#deps.sql.exec(
      "SELECT cursor, first, bytes, frames FROM log WHERE cursor > ? ORDER BY cursor",
      after,
    );
    for (const row of rows) {
      chars += numberOf(row["bytes"]);
      if (part.frames.length > 0 && chars > PART_CHARS) break;
      const first = numberOf(row["first"]);
      for (const [index, text] of textOf(row["frames"]).split("\n").entries()) {
        part.frames.push({ cursor: (first + index) as Cursor, text });
      }
      part.through = numberOf(row["cursor"]) as Cursor;
    }
    return part.frames.length === 0 ? null : part;
  }

  #requestOf({ frames }: Part): StoreRequest {
    const symbol = this.symbol as SymbolName;
    return {
      host: this.lane,
      lane: "outbox",
      rooms: [{ symbol, frames }],
      correlationIds: [],
      outboxBytes: frames.reduce((sum, { text }) => sum + text.length, 0),
      roomsWaiting: 1,
    };
  }

  #hasTable(name: string): boolean {
    const rows = this.#deps.sql.exec("SELECT name FROM sqlite_master WHERE name = ?", name);
    return [...rows].length > 0;
  }

  #meta(key: string): unknown {
    const [row] = this.#deps.sql.exec("SELECT value FROM meta WHERE key = ?", key);
    return row?.["value"] ?? null;
  }

  #write(key: string, value: string | number): void {
    this.#deps.sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value);
  }
}
