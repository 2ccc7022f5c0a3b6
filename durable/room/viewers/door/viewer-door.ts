import type { JoinRefusal, JoinRequest } from "../../../../src/bindings/host.ts";
import type { RoomSettings } from "../../room-ports.ts";
import { readClientMessage } from "../messages/client-message.ts";
import type { ViewerSocket } from "../viewer.ts";
import type { Viewers } from "../viewers.ts";
import { ConnectLimit } from "./connect-limit.ts";

const FULL_RETRY_S = 10;

/** What viewers want of a room, held against its limits (SPEC L-1 to L-6). */
export class ViewerDoor {
  readonly #viewers: Viewers;
  readonly #limits: RoomSettings["limits"];
  readonly #elsewhere: () => number;
  readonly #connects: ConnectLimit;

  /** `elsewhere`: viewers of the room that are not here, which count for L-4. */
  constructor(viewers: Viewers, limits: RoomSettings["limits"], elsewhere: () => number) {
    this.#elsewhere = elsewhere;
    this.#viewers = viewers;
    this.#limits = limits;
    this.#connects = new ConnectLimit(limits.LIMIT_CONNECTS_PER_MINUTE);
  }

  /** Null where the viewer may come in. Counts as a connect then. */
  refusalOf({ viewerKey }: JoinRequest, nowMs: number): JoinRefusal | null {
    const { LIMIT_VIEWERS, LIMIT_SOCKETS_PER_VIEWER } = this.#limits;
    if (LIMIT_VIEWERS > 0 && this.#viewers.size + this.#elsewhere() >= LIMIT_VIEWERS) {
      return { kind: "refused", reason: "full", retryAfterS: FULL_RETRY_S };
    }
    const sockets = this.#viewers.socketsOf(viewerKey);
    if (LIMIT_SOCKETS_PER_VIEWER > 0 && sockets >= LIMIT_SOCKETS_PER_VIEWER) {
      return { kind: "refused", reason: "sockets", retryAfterS: FULL_RETRY_S };
    }
    const retryAfterS = viewerKey === null ? null : this.#connects.admit(viewerKey, nowMs);
    return retryAfterS === null ? null : { kind: "refused", reason: "connects", retryAfterS };
  }

  /** A viewer said something. */
  heard(socket: ViewerSocket, data: string | ArrayBuffer, nowMs: number): void {
    const viewers = this.#viewers;
    viewers.closeEnded();
    const viewer = viewers.viewerOf(socket);
    if (viewer === undefined) return;
    viewers.heard(viewer);
    const limits = {
      messageBytes: this.#limits.LIMIT_MESSAGE_BYTES,
      messagesPerSecond: this.#limits.LIMIT_MESSAGES_PER_SECOND,
    };
    const reading = readClientMessage(viewer.messages, data, limits, nowMs);
    switch (reading.kind) {
      case "message":
        viewers.acknowledged(viewer, reading.message.cursor);
        break;
      case "ping":
        viewers.pinged(viewer);
        break;
      case "bad":
        viewers.sendError(viewer, reading.why);
        break;
      case "too_large":
        viewers.close(viewer, "messageTooLarge");
        break;
      case "too_many":
        viewers.close(viewer, "tooManyMessages");
        break;
      default:
        reading satisfies never;
    }
  }
}
