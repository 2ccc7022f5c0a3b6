import { type LastSeen, lastSeenOf } from "../../data/symbols/last-seen.ts";

const KEY = "edgetape.last-seen";

/** What this browser saw last of the list of symbols. */
export interface LastSeenStore {
  read(): LastSeen | null;
  keep(seen: LastSeen): void;
  forget(): void;
}

/**
 * What was read with a token is kept beside the token, and lives as long: in the tab, and in no other. What anybody may read is kept in the
 * browser. Storage is asked for each time, for a browser that keeps nothing throws.
 */
export function lastSeenStore(deps: {
  token(): string | null;
  tab(): Pick<Storage, "getItem" | "setItem" | "removeItem">;
  browser(): Pick<Storage, "getItem" | "setItem" | "removeItem">;
}): LastSeenStore {
  const place = () => (deps.token() === null ? deps.browser() : deps.tab());
  return {
    read: () => tried(() => lastSeenOf(place().getItem(KEY))),
    keep: (seen) => void tried(() => place().setItem(KEY, JSON.stringify(seen))),
    forget() {
      for (const each of [deps.tab, deps.browser]) tried(() => each().removeItem(KEY));
    },
  };
}

function tried<T>(run: () => T): T | null {
  try {
    return run();
  } catch {
    return null;
  }
}
