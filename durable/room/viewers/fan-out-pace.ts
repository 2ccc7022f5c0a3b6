/** How a room sends what is appended to it to those who are live. */
export interface FanOutPace {
  /** What it costs to send a message of so many characters to one viewer, in ms. */
  sendMs: (chars: number) => number;
  /** What costs no more than this goes out at once: an acknowledgement may wait for it. */
  atOnceMs: number;
  /** After so much of it the event loop has a turn, so that nothing else waits for long. */
  sliceMs: number;
  /**
   * How long the room waits after a message that cost so much before the next: nothing that a timer could tell for a few
   * viewers, longer the more there are. What is appended meanwhile goes out together (SPEC E-4).
   */
  pauseMs: (costMs: number) => number;
}

/**
 * What one message to one viewer costs workerd, in ms: 23 to 28 microseconds, measured on the bare runtime (bench/bare). The
 * clock of a Worker stands still within a request, so the cost is counted, not timed.
 */
const SEND_MS = 0.025;
/** And for each character of it. */
const CHAR_MS = 0.5e-6;
/** Fan-out takes at most this part of the thread: the rest is for appends, acknowledgements and other rooms. */
const FAN_OUT_SHARE = 0.75;

export const FAN_OUT_PACE: FanOutPace = {
  sendMs: (chars) => SEND_MS + chars * CHAR_MS,
  atOnceMs: 1,
  sliceMs: 13,
  pauseMs: (costMs) => {
    const pauseMs = costMs / FAN_OUT_SHARE - costMs;
    return pauseMs < 1 ? 0 : Math.ceil(pauseMs);
  },
};
