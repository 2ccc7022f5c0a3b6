import type { FirstDirectoryCalls, FirstRoomCalls } from "./first-edition.ts";
import type { HostCalls } from "./host.ts";
import type { KeeperCalls } from "./keeper.ts";
import type { KeysCalls } from "./keys.ts";
import type { NotifierCalls } from "./notifier.ts";
import type { RelayCalls } from "./relay.ts";
import type { DoorBinding } from "./runtime-door.ts";
import type { StreamsCalls } from "./streams.ts";
import type { WriterCalls } from "./writer.ts";

/** The bindings of wrangler.toml. Settings are read through `configOf`, which checks them. */
export interface Env {
  HOST: DurableObjectNamespace<HostCalls>;
  RELAY: DurableObjectNamespace<RelayCalls>;
  STREAMS: DurableObjectNamespace<StreamsCalls>;
  WRITER: DurableObjectNamespace<WriterCalls>;
  KEYS: DurableObjectNamespace<KeysCalls>;
  KEEPER: DurableObjectNamespace<KeeperCalls>;
  NOTIFIER: DurableObjectNamespace<NotifierCalls>;
  /** Of the first edition, where each room was an object. */
  ROOM: DurableObjectNamespace<FirstRoomCalls>;
  DIRECTORY: DurableObjectNamespace<FirstDirectoryCalls>;
  ASSETS: Fetcher;
  /** On one machine: the folder in which the system lists the runtime's open descriptors. */
  DESCRIPTORS?: Fetcher;
  /** On one machine: a network that connects to public addresses alone. */
  PUBLIC_NETWORK?: Fetcher;
  /** On one machine: the doors of the other runtimes, each by its number. */
  [door: `RUNTIME_${number}`]: DoorBinding | undefined;
}
