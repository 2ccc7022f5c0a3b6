import type { Config } from "../../src/config.ts";
import type { AlertChange } from "../../src/core/alerts/alert-change.ts";
import type { CompiledRule } from "../../src/core/alerts/compiled-rule.ts";
import type { ActiveAlert } from "../../src/core/alerts/symbol-alerts.ts";
import type { EncodedFrame } from "../../src/core/events/encode-events.ts";
import type { TailTrade } from "../../src/db/bars/read-bar-columns.ts";
import type { EarlierLife } from "../../src/db/events/read-earlier-life.ts";
import type { Bar } from "../../src/protocol/events/bar.ts";
import type { TradeEvent } from "../../src/protocol/events/event.ts";
import type { BarMessage } from "../../src/protocol/socket/server-message.ts";
import type { Cursor, EpochUs } from "../../src/protocol/words/time.ts";
import type { Logger } from "../../src/telemetry/log.ts";
import type { Clock } from "../clock.ts";
import type { EarlierPlace } from "../host/symbols/host-symbols.ts";
import type { ArchiveAnswer } from "./past/archive.ts";
import type { ReadTurns } from "./past/read-turns.ts";
import type { SqlPort } from "./sql-port.ts";
import type { FoldedPoints } from "./state/folded-points.ts";
import type { FanOutPace } from "./viewers/fan-out-pace.ts";
import type { MessageLimits } from "./viewers/messages/messages.ts";
import type { PageMemory } from "./viewers/replay-pages.ts";

/** What a room is told of how large it may be and how fast it may go. */
export interface RoomSettings {
  limits: Pick<
    Config,
    | "LIMIT_SERIES"
    | "LIMIT_VIEWERS"
    | "LIMIT_SOCKETS_PER_VIEWER"
    | "LIMIT_CONNECTS_PER_MINUTE"
    | "LIMIT_MESSAGE_BYTES"
    | "LIMIT_MESSAGES_PER_SECOND"
  >;
  /** Most bytes a viewer may have unacknowledged. */
  windowBytes: number;
  messageLimits: MessageLimits;
  pace: FanOutPace;
}

/** What a room reads of its symbol in Postgres. All but `readPage` reject with a `DatabaseError`. */
export interface RoomArchive {
  /** Frames in `(after, upTo]`, perhaps not all of them. */
  readPage(after: Cursor, upTo: Cursor): Promise<ArchiveAnswer>;
  /** The newest cursor beyond `after`; null where there is none. */
  readNewestCursor(after: Cursor): Promise<Cursor | null>;
  /**
   * What there is of the symbol up to `through`, as much as a room knows by heart. `isAwaited`: does somebody wait for it now? Those go
   * first.
   */
  readEarlierLife(through: Cursor, isAwaited?: () => boolean): Promise<EarlierLife>;
  /** The 1 h bars of the day that ends with that hour, of what is stored up to `through`. */
  readHours(hourUs: EpochUs, through: Cursor): Promise<readonly Bar[]>;
  /** The latest trade of what is stored up to `through`; of those of one moment the one that came last. */
  readLastTrade(through: Cursor): Promise<TradeEvent | null>;
  /** The bar of a minute of what is stored up to `storedThrough`, and of the trades of `tail`. */
  readMinute(
    minuteUs: EpochUs,
    storedThrough: Cursor,
    tail: readonly TailTrade[],
  ): Promise<Bar | null>;
}

/** The relays that watch a room, as the room sees them. */
export interface RelaysOfRoom {
  /** Viewers that they have said; null where no relay watches. */
  viewers(): number | null;
  /** There is more in the log. */
  published(): void;
  /** The newest bar was said to be closed, when this was the head. */
  barClosed(bar: BarMessage, head: Cursor): void;
  /** The symbol is on another host. */
  dismiss(): void;
}

/** What a room is told of rules, and tells of alerts. */
export interface AlertsOfRoom {
  rules(): readonly CompiledRule[];
  /** Have they become others since the room was told, or asked, the last time? */
  areOthers(): boolean;
  /** The commit that has these changes is about to be made. */
  changed(changes: readonly AlertChange[]): void;
  /** These are pending or firing, by what an earlier host had and the changes since. */
  takenOver(active: readonly ActiveAlert[]): void;
  /** So many events were looked at for rules. */
  evaluated(events: number): void;
}

/** What a room needs of its host and of others. It knows no platform. */
export interface RoomPorts {
  /** The host's database; what one turn of the event loop writes is committed at once. */
  sql: SqlPort;
  clock: Pick<Clock, "nowMs" | "nowUs" | "wait" | "within">;
  random(): number;
  /** Keeps the host in memory until the work is done. */
  keepAwake(work: Promise<void>): void;
  archive: RoomArchive;
  /** The host's reads of Postgres, which wait for each other. */
  turns: ReadTurns;
  /** What the host's rooms keep for viewers who replay the same. */
  pages: PageMemory;
  /** Takes points into the last values of all rooms of the host. */
  foldedPoints: FoldedPoints;
  earlierPlace(): Promise<EarlierPlace>;
  /** Up to where an earlier host had the symbol; null where none had it, or nobody has asked. */
  handedOverThrough(): Cursor | null;
  /** Asks now and again whether the database is still the one that it was. */
  lookAtDatabase(): Promise<void>;
  /** Nothing of an earlier life is in the way of this room's frames any more: they may go to Postgres. */
  mayStoreNow(): void;
  /** Appends frames of the room's own to the log. */
  appendOwn(frames: readonly EncodedFrame[]): void;
  /** Alerts of the room: the rules that are for it, and what is told of what they find. Null where nothing is to be found. */
  readonly alerts: AlertsOfRoom | null;
  /** Asks for the rules, where the host has never heard of any; ends also where nobody answers. */
  rulesLearned(): Promise<void>;
  /** The viewers that the room has by way of relays. */
  relays: RelaysOfRoom;
  /** Something has become due, or will sooner than before: the host looks at `dueMs`. */
  armAlarm(): void;
  /** The room has something now that alarms look after. What it has when it is made, its maker sees. */
  activated(): void;
  logger: Logger;
}
