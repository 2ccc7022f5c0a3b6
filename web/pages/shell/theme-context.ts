import { createContext } from "preact";
import type { Theme } from "../../feed/theme.ts";

/** The theme of the page, how to choose another, what it comes to here, and what the system would: canvases keep the colours that they began with. */
export const ThemeContext = createContext<{
  theme: Theme;
  hue: "dark" | "light";
  systemHue: "dark" | "light";
  choose(theme: Theme): void;
}>({
  theme: "system",
  hue: "dark",
  systemHue: "dark",
  choose: () => {},
});
