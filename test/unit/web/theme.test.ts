import { expect, test } from "vitest";
import { nextTheme, type Theme } from "../../../web/feed/theme.ts";

test.each(["dark", "light"] as const)(
  "on a %s system the first press is seen, and all themes come by",
  (systemHue) => {
    const hueOf = (theme: Theme) => (theme === "system" ? systemHue : theme);
    const first = nextTheme("system", systemHue);
    expect(hueOf(first)).not.toBe(systemHue);
    const second = nextTheme(first, systemHue);
    expect(hueOf(second)).toBe(systemHue);
    expect(second).not.toBe("system");
    expect(nextTheme(second, systemHue)).toBe("system");
  },
);
