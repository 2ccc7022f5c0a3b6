import type { FeedAnswer, RelayFeed } from "../../src/bindings/relay.ts";
import type { WriterCalls } from "../../src/bindings/writer.ts";
import type { Config } from "../../src/config.ts";
import type { HostName, Placement } from "../../src/core/placement.ts";
import type { RelayName } from "../../src/core/relaying.ts";
import type { ImportedPrice } from "../../src/db/bars/read-imported-prices.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Log } from "../../src/telemetry/log.ts";
import type { Clock } from "../clock.ts";
import type { RoomArchive, RoomSettings } from "../room/room-ports.ts";
import type { SqlPort } from "../room/sql-port.ts";
import type { ViewerSocket } from "../room/viewers/viewer.ts";
import type { LogKeeping } from "./log/host-log.ts";
import type { DrainLimit } from "./outbox/drain.ts";
import type { PredecessorsDeps } from "./symbols/predecessors.ts";

/** What a host is told of how large it may be and how fast it may go. */
export interface HostSettings extends RoomSettings {
  limits: RoomSettings["limits"] &
    Pick<Config, "LIMIT_OUTBOX_BYTES" | "LIMIT_NEW_ROOMS"> &
    Placement;
  keeping: LogKeeping;
  /** Most of one part of the outbox. */
  partLimit: DrainLimit;
}

/** What a host needs of the platform and of others. It knows none of them itself. */
export interface HostPorts {
  name: HostName;
  /** A database of the host's own; what one turn of the event loop writes is committed at once. */
  sql: SqlPort;
  clock: Pick<Clock, "nowMs" | "nowUs" | "wait" | "within">;
  random(): number;
  newId(): string;
  /** Keeps the host in memory until the work is done. */
  keepAwake(work: Promise<void>): void;
  /** The one alarm, which outlives the host's memory. `atMs()` is null where none is set. */
  alarm: { atMs(): number | null; set(atMs: number): void };
  writer: Pick<WriterCalls, "store" | "identity">;
  archiveOf(symbol: SymbolName): RoomArchive;
  names: {
    /** Every symbol that Postgres has something of; rejects while it cannot be read. */
    readStored(): Promise<readonly SymbolName[]>;
    /** Those of these that Postgres has something of. */
    find(symbols: readonly SymbolName[]): Promise<readonly SymbolName[]>;
    readPrices(symbols: readonly SymbolName[]): Promise<ReadonlyMap<SymbolName, ImportedPrice>>;
  };
  keeper: PredecessorsDeps["keeper"];
  /** Relays that watch rooms of this host. */
  relays: { feed(relay: RelayName, feed: RelayFeed): Promise<FeedAnswer> };
  /** The other hosts. */
  others: PredecessorsDeps["others"];
  /** Null where there was no first edition. */
  firstEdition: PredecessorsDeps["firstEdition"];
  /** Every open socket, for the watch over pings. */
  sockets(): Iterable<ViewerSocket>;
  /** Sockets that were closed and whose clients have not answered: the alarm looks after them. */
  closingSockets(): number;
  /** Whether the platform answers pings itself. */
  setAutoResponse(isOn: boolean): void;
  /** Ends this life of the host; the next call begins with what is on the disk. */
  restart(why: string): void;
  logger: Log;
}
