import { nextTheme } from "../../feed/theme.ts";
import type { DeskTheme } from "./desk.ts";

const WORDS = { system: "as the system", dark: "dark", light: "light" };

/** One button for all themes: the next one at each press. */
export function ThemeSwitch({ theme, systemHue, choose }: DeskTheme) {
  const next = nextTheme(theme, systemHue);
  return (
    <button
      class="icon-button"
      type="button"
      aria-label={`Colours: ${WORDS[theme]}. Choose: ${WORDS[next]}`}
      title={`Colours: ${WORDS[theme]}`}
      onClick={() => choose(next)}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.5" />
        {theme === "system" && <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />}
        {theme === "dark" && <circle cx="8" cy="8" r="3.4" fill="currentColor" />}
      </svg>
    </button>
  );
}
