import { keep, readKept } from "./kept.ts";

/** Which colours the page has: those of the system, or always the same. */
const THEMES = ["system", "dark", "light"] as const;
export type Theme = (typeof THEMES)[number];

/**
 * The theme after another one. `systemHue`: what the system's comes to. The first that is chosen is the other one, so that the press is
 * seen.
 */
export function nextTheme(theme: Theme, systemHue: "dark" | "light"): Theme {
  if (theme === systemHue) return "system";
  return theme === "system" ? (systemHue === "dark" ? "light" : "dark") : systemHue;
}

const KEY = "edgetape.theme";

/** The choice of this browser. Where it keeps nothing, the system decides. */
export function readTheme(): Theme {
  const kept = readKept(KEY);
  return THEMES.find((theme) => theme === kept) ?? "system";
}

/** Shows the page in a theme, and remembers it where the browser can. */
export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  // The frame that a browser draws around the page.
  for (const meta of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")) {
    const { hue } = meta.dataset;
    const chosen = theme === hue ? "all" : "not all";
    meta.media = theme === "system" ? `(prefers-color-scheme: ${hue})` : chosen;
  }
  keep(KEY, theme);
}
