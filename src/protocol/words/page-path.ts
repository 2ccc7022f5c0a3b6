/** A page of the dashboard, by its address. */
export type PagePath =
  | { page: "market" }
  /** `embed`: the chart alone, for a frame. */
  | { page: "symbol" | "embed"; symbol: string }
  /** `id` null: none was given yet. */
  | { page: "trace"; id: string | null }
  | { page: "alerts" | "operations" }
  /** What they look at stands behind the path. */
  | { page: "explore" }
  | { page: "analytics" }
  | { page: "missing" };

/** What page an address of the dashboard is of. The Worker answers 404 where it is of none. */
export function pageAt(pathname: string): PagePath {
  const [, place = "", rest] = /^\/([^/]*)(?:\/(.*?)\/?)?$/.exec(pathname) ?? [];
  const name = rest === undefined || rest === "" ? null : decoded(rest);
  switch (place) {
    case "":
      return { page: rest === undefined ? "market" : "missing" };
    // Typed by hand, a symbol's own slashes may stand as they are; one at the end is a habit.
    case "s":
    case "embed":
      if (name === null) return { page: "missing" };
      return { page: place === "s" ? "symbol" : "embed", symbol: name };
    case "trace":
      return { page: "trace", id: name };
    case "alerts":
    case "explore":
    case "analytics":
    case "operations":
      return { page: name === null ? place : "missing" };
    default:
      return { page: "missing" };
  }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text).normalize("NFC");
  } catch {
    return null;
  }
}
