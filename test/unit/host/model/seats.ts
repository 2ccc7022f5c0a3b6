import { expect } from "vitest";
import type { ViewerAttachment } from "../../../../durable/room/viewers/viewer.ts";
import type { HostName } from "../../../../src/core/placement/placement.ts";
import type { RelayName } from "../../../../src/core/placement/relaying.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import type { StreamOfModel } from "./streams.ts";
import type { ModelViewer } from "./viewer.ts";

/** Where a viewer is. */
export interface Seat {
  host: HostName;
  /** Null: the viewer is on the host itself. */
  relay: RelayName | null;
  symbol: SymbolName;
  /** It watches the room on a stream, among others; null: by a socket of its own. */
  stream?: StreamOfModel | null;
}

/** Every viewer there has been, and where each is or was. */
export class Seats {
  readonly viewers: ModelViewer[] = [];
  /** Viewers that acknowledge only when a step says so. */
  readonly lazy = new Set<ModelViewer>();
  readonly #seats = new Map<ModelViewer, Seat>();
  readonly #acksUnderWay: { viewer: ModelViewer; cursor: Cursor }[] = [];

  get open(): ModelViewer[] {
    return this.viewers.filter(({ state }) => state === "open");
  }

  take(viewer: ModelViewer, seat: Seat): void {
    this.viewers.push(viewer);
    this.#seats.set(viewer, seat);
  }

  of(viewer: ModelViewer): Seat {
    return this.#seats.get(viewer) ?? expect.fail("a viewer sits nowhere");
  }

  /** The viewer that a step means by this number. */
  viewer(index: number): ModelViewer | undefined {
    return this.viewers[index % Math.max(1, this.viewers.length)];
  }

  on(object: HostName | RelayName): ModelViewer[] {
    return this.viewers.filter((viewer) => {
      const { host, relay, stream } = this.of(viewer);
      if (stream != null) return false;
      return viewer.state !== "closed" && (relay ?? host) === object;
    });
  }

  /** The sockets that slept with an object, as the platform keeps them. */
  asleepOn(object: HostName | RelayName): [SymbolName, ModelViewer, ViewerAttachment][] {
    return this.on(object).map((viewer) => {
      const attachment = viewer.attachment ?? expect.fail("a viewer has no attachment");
      return [this.of(viewer).symbol, viewer, structuredClone(attachment)];
    });
  }

  /** Acks that were sent a step ago and arrive now. */
  arrivedAcks(): { viewer: ModelViewer; cursor: Cursor }[] {
    return this.#acksUnderWay.splice(0).filter(({ viewer }) => viewer.state === "open");
  }

  /** Viewers as lazy as the protocol allows: they acknowledge when they must. */
  sendDueAcks(): void {
    for (const viewer of this.open) {
      if (this.of(viewer).stream != null) continue;
      const isDue = viewer.unackedBytes >= viewer.ackEveryBytes && viewer.ackEveryBytes > 0;
      if (!isDue || this.lazy.has(viewer) || viewer.cursor === null) continue;
      this.#acksUnderWay.push({ viewer, cursor: viewer.cursor });
      viewer.acked(viewer.cursor);
    }
  }
}
