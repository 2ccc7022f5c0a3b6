import { GOING_AWAY, TOKEN_EXPIRED } from "../src/protocol/socket/close-codes.ts";

/** A token, or what gives a good one whenever one is needed; undefined where reading is public. */
export type Token = string | (() => string | undefined | Promise<string | undefined>);

/** Hands over the token that is good now: at once where it is at hand. */
export function withToken<Made>(
  token: Token | undefined,
  use: (token: string | undefined) => Made,
): Made | Promise<Made> {
  const now = typeof token === "function" ? token() : token;
  return now instanceof Promise ? now.then(use) : use(now);
}

/** What a socket with such a token was closed with: where another token can be had, the end of one ends nothing. */
export function closedWith(code: number, token: Token | undefined): number {
  return code === TOKEN_EXPIRED && typeof token === "function" ? GOING_AWAY : code;
}

/** When a token ends, in ms since the epoch; null where it does not say so. */
export function endOfToken(token: string): number | null {
  try {
    const part = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { exp } = JSON.parse(atob(part)) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1_000 : null;
  } catch {
    return null;
  }
}
