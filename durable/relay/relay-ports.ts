import type { FeedingCalls } from "../../src/bindings/relay.ts";
import type { RelayName } from "../../src/core/placement/relaying.ts";
import type { RoomSettings } from "../room/room-ports.ts";
import type { ViewerPorts } from "../viewer-object/viewer-ports.ts";

export interface RelaySettings extends RoomSettings {
  /** About so much of memory is held of the newest frames. */
  recentBytes: number;
}

/** What a relay needs of the platform and of its host. It knows neither itself. */
export interface RelayPorts extends ViewerPorts {
  name: RelayName;
  /** The host whose rooms it relays. */
  host: FeedingCalls;
  /** Where in its database it keeps what it has to: another one for each of several in one object. */
  rowId: number;
}
