import type { JoinRefusal, JoinRequest } from "../../src/bindings/room.ts";
import type { Audience } from "./audience.ts";
import { readWord } from "./client-word.ts";
import { ConnectLimit } from "./connect-limit.ts";
import type { RoomSettings } from "./room-ports.ts";
import type { ViewerSocket } from "./viewer.ts";

const FULL_RETRY_S = 10;

/** What viewers want of a room, held against its limits (SPEC L-1 to L-6). */
export class ViewerDoor {
  readonly #audience: Audience;
  readonly #limits: RoomSettings["limits"];
  readonly #connects: ConnectLimit;

  constructor(audience: Audience, limits: RoomSettings["limits"]) {
    this.#audience = audience;
    this.#limits = limits;
    this.#connects = new ConnectLimit(limits.LIMIT_CONNECTS_PER_MINUTE);
  }

  /** Null where the viewer may come in. Counts as a connect then. */
  refusalOf({ viewerKey }: JoinRequest, nowMs: number): JoinRefusal | null {
    const { LIMIT_VIEWERS, LIMIT_SOCKETS_PER_VIEWER } = this.#limits;
    if (LIMIT_VIEWERS > 0 && this.#audience.size >= LIMIT_VIEWERS) {
      return { kind: "refused", reason: "full", retryAfterS: FULL_RETRY_S };
    }
    const sockets = this.#audience.socketsOf(viewerKey);
    if (LIMIT_SOCKETS_PER_VIEWER > 0 && sockets >= LIMIT_SOCKETS_PER_VIEWER) {
      return { kind: "refused", reason: "sockets", retryAfterS: FULL_RETRY_S };
    }
    const retryAfterS = viewerKey === null ? null : this.#connects.admit(viewerKey, nowMs);
    return retryAfterS === null ? null : { kind: "refused", reason: "connects", retryAfterS };
  }

  /** A viewer said something. */
  heard(socket: ViewerSocket, data: string | ArrayBuffer, nowMs: number): void {
    const audience = this.#audience;
    audience.closeEnded();
    const viewer = audience.viewerOf(socket);
    if (viewer === undefined) return;
    audience.heard(viewer);
    const limits = {
      messageBytes: this.#limits.LIMIT_MESSAGE_BYTES,
      messagesPerSecond: this.#limits.LIMIT_MESSAGES_PER_SECOND,
    };
    const word = readWord(viewer.messages, data, limits, nowMs);
    switch (word.kind) {
      case "message":
        audience.acknowledged(viewer, word.message.cursor);
        break;
      case "ping":
        audience.pinged(viewer);
        break;
      case "bad":
        audience.complain(viewer, word.why);
        break;
      case "too_large":
        audience.dismiss(viewer, "messageTooLarge");
        break;
      case "too_many":
        audience.dismiss(viewer, "tooManyMessages");
        break;
      default:
        word satisfies never;
    }
  }
}
