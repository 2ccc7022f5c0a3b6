const KEY = "edgetape.token";

/** The read token of this tab, or null. It lives as long as the tab: a shared machine forgets it. */
export function readToken(): string | null {
  const { pathname, hash } = window.location;
  // Who embeds a chart gives its token in the fragment, which no server sees.
  if (pathname.startsWith("/embed/")) return /[#&]token=([^&]+)/.exec(hash)?.[1] ?? null;
  return sessionStorage.getItem(KEY);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}

/** Who reads next needs a token of their own. */
export function dropToken(): void {
  sessionStorage.removeItem(KEY);
}
