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
