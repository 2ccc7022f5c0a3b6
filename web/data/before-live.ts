import type { Status } from "../../client/status.ts";

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
