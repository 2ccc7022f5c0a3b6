import { createContext } from "preact";
import type { Theme } from "../../feed/theme.ts";

/** The theme of the page, and how to choose another. */
export const ThemeContext = createContext<{ theme: Theme; choose(theme: Theme): void }>({
  theme: "system",
  choose: () => {},
});
