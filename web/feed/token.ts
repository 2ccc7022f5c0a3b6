const KEY = "edgetape.token";

/** The read token of this tab, or null. It lives as long as the tab: a shared machine forgets it. */
export function readToken(): string | null {
  return sessionStorage.getItem(KEY);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}
