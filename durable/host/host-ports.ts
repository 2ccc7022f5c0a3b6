import type { AlertCatalog, AlertNotice } from "../../src/bindings/alerts.ts";
import type { FeedAnswer, RelayFeed } from "../../src/bindings/relay.ts";
import type { WriterCalls } from "../../src/bindings/writer.ts";
import type { Config } from "../../src/config.ts";
import type { HostName, Placement } from "../../src/core/placement/placement.ts";
import type { RelayName } from "../../src/core/placement/relaying.ts";
import type { ImportedPrice } from "../../src/db/bars/read-imported-prices.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { RoomArchive, RoomSettings } from "../room/room-ports.ts";
import type { ViewerPorts } from "../viewer-object/viewer-ports.ts";
import type { LogKeeping } from "./log/host-log.ts";
import type { DrainLimit } from "./outbox/drain.ts";
import type { Registry } from "./registry.ts";
import type { PredecessorsDeps } from "./symbols/earlier/predecessors.ts";

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
export interface HostPorts extends ViewerPorts {
  name: HostName;
  /** Its rooms, where they have been read already. */
  registry?: Registry;
  newId(): string;
  /** One turn of the event loop: whoever is here already goes first. */
  turn(): Promise<void>;
  /** Waits until something long may begin: see `Breath`. */
  breathe(): Promise<void>;
  writer: Pick<WriterCalls, "store" | "identity">;
  archiveOf(symbol: SymbolName): RoomArchive;
  names: {
    /** Every symbol that Postgres has something of; rejects while it cannot be read. */
    readStored(): Promise<readonly SymbolName[]>;
    /** Those of these that Postgres has something of. */
    find(symbols: readonly SymbolName[]): Promise<readonly SymbolName[]>;
    readPrices(symbols: readonly SymbolName[]): Promise<ReadonlyMap<SymbolName, ImportedPrice>>;
  };
  keeper: PredecessorsDeps["keeper"] & {
    /** The rules that are for a host, which is told of others from now on. */
    alertRules(host: HostName): Promise<AlertCatalog>;
  };
  /** Durable with who sends them when it answers. */
  notify(notices: readonly AlertNotice[]): Promise<void>;
  /** Relays that watch rooms of this host. */
  relays: { feed(relay: RelayName, feed: RelayFeed): Promise<FeedAnswer> };
  /** The other hosts. */
  others: PredecessorsDeps["others"];
  /** Null where there was no first edition. */
  firstEdition: PredecessorsDeps["firstEdition"];
  /** Ends this life of the host; the next call begins with what is on the disk. */
  restart(why: string): void;
}
