/** What this browser keeps for all pages; null: nothing, or it keeps nothing at all. */
export function readKept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Remembers a choice where the browser can; elsewhere it holds until the page is left. */
export function keep(key: string, choice: string): void {
  try {
    localStorage.setItem(key, choice);
  } catch {
    // There is nothing to do about it.
  }
}
