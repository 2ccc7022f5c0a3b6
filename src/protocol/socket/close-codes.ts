/** What clients act upon by name: a table with the reasons is not theirs to load. */
export const GOING_AWAY = 4000;
export const TOKEN_EXPIRED = 4503;

/**
 * Why a room closes a socket. 4000-4499: come back, with backoff and the last cursor. 4500-4999: do not come back,
 * the same request would be refused again (SPEC X-1).
 */
export const CLOSE_CODES = {
  goingAway: { code: GOING_AWAY, reason: "server going away" },
  silent: { code: 4001, reason: "no word for 15 s" },
  unacknowledged: { code: 4002, reason: "window full: send ack" },
  messageTooLarge: { code: 4501, reason: "message over 64 KiB" },
  tooManyMessages: { code: 4502, reason: "more than 1,000 messages a second" },
  tokenExpired: { code: TOKEN_EXPIRED, reason: "token expired" },
  acknowledgedUnsent: { code: 4504, reason: "ack of what was not sent" },
} as const;

export type CloseReason = keyof typeof CLOSE_CODES;

/**
 * May a client come back after this close code? Codes outside 4500-4999 (1006 of a broken network, 1001, 1011, ...)
 * say yes; 1008 (policy) says no.
 */
export function mayReturn(code: number): boolean {
  return code !== 1008 && !(code >= 4500 && code <= 4999);
}
