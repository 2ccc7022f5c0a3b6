import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hasFirstEdition, withoutFirstEdition } from "../../../../dev/build/first-edition.ts";
import { readWranglerToml } from "../../../../dev/build/wrangler-toml.ts";

it("the runtime knows classes of the first edition only where a data folder has something of them", () => {
  const objects = mkdtempSync(join(tmpdir(), "edgetape-objects-"));
  expect(hasFirstEdition(objects)).toBe(false);
  mkdirSync(join(objects, "edgetape-Room"));
  expect(hasFirstEdition(objects)).toBe(true);
  rmSync(objects, { recursive: true });
  const needs = readWranglerToml(readFileSync("wrangler.toml", "utf8"));
  const left = withoutFirstEdition(needs).durableObjects.map(({ className }) => className);
  expect(left).toEqual(["Host", "Relay", "Streams", "Writer", "Keeper", "Keys", "Notifier"]);
});
