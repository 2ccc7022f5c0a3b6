import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { putInPlace } from "../../../../dev/build/dashboard-build.ts";

it("puts a build in the place of another in the same folder, and leaves nothing of that", () => {
  const folder = mkdtempSync(join(tmpdir(), "edgetape-build-"));
  const build = (name: string, files: Record<string, string>) => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, file, ".."), { recursive: true });
      writeFileSync(join(folder, name, file), text);
    }
    return join(folder, name);
  };
  const served = join(folder, "served");
  putInPlace(build("one", { "index.html": "1", "assets/a-1.js": "a", "edgetape.py": "p" }), served);
  putInPlace(build("two", { "index.html": "2", "assets/a-2.js": "b", "edgetape.py": "p" }), served);
  const names = readdirSync(served, { recursive: true, encoding: "utf8" }).sort();
  expect(names).toEqual(["assets", "assets/a-2.js", "edgetape.py", "index.html"]);
  expect(readFileSync(join(served, "index.html"), "utf8")).toBe("2");
  rmSync(folder, { recursive: true });
});
