import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readWranglerToml } from "../../../dev/build/wrangler-toml.ts";
import { readSettings } from "../../../dev/product/settings.ts";
import { configOf } from "../../../src/config.ts";

/** What parts of the product tell each other, and no operator sets. */
const OWN = [
  ...["DATABASE_ENDPOINT", "FIRST_EDITION", "RUNTIME_DESCRIPTORS", "GUARDED"],
  ...["RUNTIME", "WRITER_RUNTIME"],
];
const UNITS: Record<string, number> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, GB: 1e9 };

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const namesIn = (path: string) =>
  [...read(path).matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name = ""]) => name);

/** Rows of the guide: the names of each, and what it says is their default. */
const rows = [...read("docs/guides/operate.md").matchAll(/^\| (`[A-Z_`, ]+`) \|([^|]*)\|/gm)].map(
  ([, names = "", given = ""]) => ({
    names: names.split(", ").map((name) => name.slice(1, -1)),
    given: given.trim(),
  }),
);
const table = rows.slice(0, rows.findIndex(({ names }) => names.includes("LIMIT_NEW_ROOMS")) + 1);

/** A number as the table writes it, or undefined. */
function numberOf(text: string): number | undefined {
  const found = /^(\d[\d,]*)(?: (KiB|MiB|GiB|GB))?(?:$|;| a )/.exec(text);
  if (found === null) return undefined;
  return Number(found[1]?.replaceAll(",", "")) * (UNITS[found[2] ?? ""] ?? 1);
}

describe("the table of settings in the guide of operating", () => {
  it("has each setting once, and none that there is not", () => {
    const known = [...namesIn("src/config.ts"), ...namesIn("dev/product/settings.ts")];
    const wanted = new Set(known.filter((name) => !OWN.includes(name)));
    expect(wanted.size).toBeGreaterThan(40);
    expect(table.flatMap(({ names }) => names).sort()).toEqual([...wanted].sort());
  });

  it("has the defaults that hold", () => {
    const answer = readSettings({}, "/srv", 2);
    if (answer.kind === "invalid") throw new Error(answer.problems.join());
    const { port: PORT, host: HOST } = answer.settings;
    const config = configOf({ DATABASE_URL: "postgres://a" }) as Record<string, unknown>;
    const held: Record<string, unknown> = { ...config, PORT, HOST };
    let compared = 0;
    for (const { names, given } of table) {
      const parts = names.length === 1 ? [given] : given.split(", ");
      for (const [at, name] of names.entries()) {
        const said = numberOf(parts[at] ?? "");
        if (said === undefined || typeof held[name] !== "number") continue;
        compared += 1;
        expect([name, said]).toEqual([name, held[name]]);
      }
    }
    expect(compared).toBeGreaterThan(20);
    const days = table.find(({ names }) => names.includes("KEEP_RAW_DAYS"))?.given;
    expect(days).toContain(
      `on Cloudflare ${readWranglerToml(read("wrangler.toml")).vars["KEEP_RAW_DAYS"]}`,
    );
  });
});
