/** Text a client sends as its heartbeat; the platform answers `pong` without waking the room (SPEC H-1). */
export const PING = "ping";
export const PONG = "pong";

/** The client pings this often, in ms. */
export const HEARTBEAT_MS = 5_000;
/** The client reconnects after so long without a word, in ms. */
export const CLIENT_SILENCE_MS = 10_000;
/** The room drops a socket silent for so long, in ms. */
export const ROOM_SILENCE_MS = 15_000;
