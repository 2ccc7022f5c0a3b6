import type { EarlierPlace } from "../../src/bindings/directory.ts";
import type { WriterCalls } from "../../src/bindings/writer.ts";
import type { Config } from "../../src/config.ts";
import type { TailTrade } from "../../src/db/bars/read-bar-columns.ts";
import type { EarlierLife } from "../../src/db/events/read-earlier-life.ts";
import type { SymbolSummary } from "../../src/protocol/answers.ts";
import type { Bar } from "../../src/protocol/bar.ts";
import type { Cursor, EpochUs } from "../../src/protocol/time.ts";
import type { Log } from "../../src/telemetry/log.ts";
import type { Clock } from "../clock.ts";
import type { LogKeeping } from "./log/log.ts";
import type { ArchiveAnswer } from "./past/archive.ts";
import type { SqlPort } from "./sql-port.ts";
import type { FanOutPace } from "./viewers/fan-out-pace.ts";
import type { MessageLimits } from "./viewers/messages.ts";

/** What a room is told of how large it may be and how fast it may go. */
export interface RoomSettings {
  limits: Pick<
    Config,
    | "LIMIT_OUTBOX_BYTES"
    | "LIMIT_SERIES"
    | "LIMIT_VIEWERS"
    | "LIMIT_SOCKETS_PER_VIEWER"
    | "LIMIT_CONNECTS_PER_MINUTE"
    | "LIMIT_MESSAGE_BYTES"
    | "LIMIT_MESSAGES_PER_SECOND"
  >;
  keeping: LogKeeping;
  /** Most bytes a viewer may have unacknowledged. */
  windowBytes: number;
  messageLimits: MessageLimits;
  pace: FanOutPace;
  /** Most of one part of the outbox. */
  partLimit: { events: number; bytes: number };
}

/** What a room reads of its symbol in Postgres. All but `readPage` reject with a `DatabaseError`. */
export interface RoomArchive {
  /** Frames in `(after, upTo]`, perhaps not all of them. */
  readPage(after: Cursor, upTo: Cursor): Promise<ArchiveAnswer>;
  /** The newest cursor beyond `after`; null where there is none. */
  readNewestCursor(after: Cursor): Promise<Cursor | null>;
  /** What there is of the symbol up to `through`, as much as a room knows by heart. */
  readEarlierLife(through: Cursor): Promise<EarlierLife>;
  /** The bar of a minute of what is stored up to `storedThrough`, and of the trades of `tail`. */
  readMinute(
    minuteUs: EpochUs,
    storedThrough: Cursor,
    tail: readonly TailTrade[],
  ): Promise<Bar | null>;
}

/** What a room needs of the platform and of others. It knows none of them itself. */
export interface RoomPorts {
  /** A database of the room's own; what one turn of the event loop writes is committed at once. */
  sql: SqlPort;
  clock: Pick<Clock, "nowMs" | "nowUs" | "wait" | "within">;
  random(): number;
  /** Keeps the room in memory until the work is done. */
  keepAwake(work: Promise<void>): void;
  /** The one alarm, which outlives the room's memory. `atMs()` is null where none is set. */
  alarm: { atMs(): number | null; set(atMs: number): void };
  writer: Pick<WriterCalls, "store" | "identity">;
  archive: RoomArchive;
  directory: {
    earlierPlace(): Promise<EarlierPlace>;
    report(summary: SymbolSummary): Promise<void>;
  };
  /** Sockets that the room has closed and whose clients have not answered: the alarm looks after them. */
  closingSockets(): number;
  /** Whether the platform answers pings itself. */
  setAutoResponse(isOn: boolean): void;
  /** Resolves when all that was written is on the disk. */
  sync(): Promise<void>;
  /** Ends this life of the room; the next call begins with what is on the disk. */
  restart(why: string): void;
  logger: Log;
}
