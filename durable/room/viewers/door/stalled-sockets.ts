/** A client that has not answered a close for so long reads nothing, in ms. */
const STALLED_MS = 10_000;
/** Nothing was appended for so long: no producer waits for an answer, in ms. */
const QUIET_MS = 2_000;
/** Under so many it is not worth that viewers have to come back. */
const MANY = 16;

/**
 * When a room is to begin anew because of sockets that it has closed and whose clients read nothing. The runtime keeps such a
 * socket, its descriptors and up to a megabyte that it was sent, until the client answers, which may be never; nothing ends it
 * but the end of the room. Its viewers come back with their cursors, so it is done for nobody's sake but theirs: where there
 * are none, or where descriptors are short and many would be free.
 */
export function mustLetGo(room: {
  /** How long each was closed ago, in ms. */
  closedForMs: readonly number[];
  viewers: number;
  /** Since something was appended. */
  quietMs: number;
  isShort: boolean;
}): boolean {
  const { closedForMs, viewers, quietMs, isShort } = room;
  const stalled = closedForMs.filter((ms) => ms >= STALLED_MS).length;
  if (stalled === 0 || quietMs < QUIET_MS) return false;
  return viewers === 0 || (isShort && stalled >= MANY);
}
