import type { FeedingCalls } from "../../src/bindings/relay.ts";
import type { HostName } from "../../src/core/placement/placement.ts";
import type { StreamsName } from "../../src/core/placement/relaying.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { RelaySettings } from "../relay/relay-ports.ts";
import type { ViewerSocket } from "../room/viewers/viewer.ts";
import type { ViewerPorts } from "../viewer-object/viewer-ports.ts";
import type { StreamAttachment } from "./stream/saved-stream.ts";

export type StreamSocket = ViewerSocket<StreamAttachment>;

export interface StreamsSettings extends RelaySettings {
  /** Characters that a stream may have unacknowledged. */
  streamWindow: number;
}

/** What a token that is to take the place of another one turned out to be. */
export type Renewal =
  | { kind: "good"; symbols: readonly string[] | null; expiresAtMs: number | null }
  | { kind: "refused"; why: string };

/** What streams need of the platform, of hosts and of the settings. */
export interface StreamsPorts extends Omit<ViewerPorts, "sockets"> {
  name: StreamsName;
  sockets(): Iterable<StreamSocket>;
  hostOf(symbol: SymbolName): HostName;
  /** What the streams of this place ask of a host. */
  feeding(host: HostName): FeedingCalls;
  names: {
    /** Every host that may have symbols. Rejects where nobody can say. */
    hosts(): Promise<readonly HostName[]>;
    /** From now on the host tells of symbols that come. */
    watch(host: HostName): Promise<void>;
    unwatch(host: HostName): Promise<void>;
    after(host: HostName, name: SymbolName | "", most: number): Promise<SymbolName[]>;
  };
  /** A text as raw DEFLATE (SPEC ST-12); null where that is not worth it. */
  pack(text: string): Promise<ArrayBuffer> | null;
  /** May who has this token read? */
  renew(token: string, nowMs: number): Promise<Renewal>;
}
