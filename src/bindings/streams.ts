import type { HostName } from "../core/placement/placement.ts";
import type { StreamEntry } from "../protocol/streams/client-message.ts";
import type { StreamMode } from "../protocol/streams/server-message.ts";
import type { SymbolName } from "../protocol/words/symbol.ts";
import type { FeedAnswer, RelayFeed } from "./relay.ts";

/** In the place of a symbol, for no symbol is called so: a stream is in no one room. */
export const NO_ROOM = "*" as SymbolName;

/** What a stream is to be told, however it changes what it watches. */
export interface StreamTerms {
  mode: StreamMode;
  /** Messages a second at most, in `latest`. */
  hz: number;
  /** Long messages of `latest` are packed (SPEC ST-12). */
  isPacked: boolean;
  /** Null: of all kinds. */
  channels: readonly string[] | null;
  /** Patterns of symbols that its token is for; null: all of them. */
  symbols: readonly string[] | null;
  /** As in `JoinRequest`. */
  viewerKey: string | null;
  expiresAtMs: number | null;
}

/** What the Worker says of the upgrade of a stream, in the header `JOIN_HEADER`. */
export interface StreamRequest extends StreamTerms {
  symbol: typeof NO_ROOM;
  /** What it watches from the beginning. */
  entries: StreamEntry[];
  namesProtocol: boolean;
  correlationId: string;
}

/** What others may ask of the object that holds the streams of a place. */
export interface StreamsCalls extends Rpc.DurableObjectBranded {
  /** As `RelayCalls.feed`, by one of the hosts. */
  feedOf(host: HostName, feed: RelayFeed): Promise<FeedAnswer>;
  sayGoodbye(): Promise<void>;
}
