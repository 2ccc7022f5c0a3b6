import type { Status } from "../../../client/status.ts";
import { TOKEN_EXPIRED } from "../../../src/protocol/socket/close-codes.ts";

/** Whether the server has been heard over this connection. */
export function isHeard({ kind }: Status): boolean {
  return kind === "catching-up" || kind === "live" || kind === "polling";
}

/**
 * A state in the words of a connection that never was: it connects, and does not connect again. Its
 * kind stays, for what it means is the same: nothing can come, and it can be tried at once.
 */
export function beforeLive(status: Status): Status {
  if (status.kind !== "reconnecting") return status;
  return { ...status, words: status.words.replace(/^reconnecting/, "connecting") };
}

/** Whether it will not come back without another token. */
export function wantsToken(status: Status): boolean {
  if (status.kind !== "closed") return false;
  const { because } = status;
  if (because.by === "http") return because.status === 401 || because.status === 403;
  return because.by === "room" && because.code === TOKEN_EXPIRED;
}
