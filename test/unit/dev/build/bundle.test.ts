import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleScripts, WORKER_SCRIPT } from "../../../../dev/build/bundle.ts";

let projectDir: string;
const write = (file: string, text: string) => {
  mkdirSync(dirname(join(projectDir, file)), { recursive: true });
  writeFileSync(join(projectDir, file), text);
};
beforeAll(() => {
  projectDir = mkdtempSync(join(tmpdir(), "edgetape-bundle-"));
  for (const settings of ["package-lock.json", "tsconfig.base.json", "src/tsconfig.json"]) {
    write(settings, "{}");
  }
  write("dev/build/asset-router.ts", "export default 0;");
  write("src/worker.ts", 'import { word } from "./word.ts"; export default word;');
  write("src/word.ts", 'export const word: string = "first";');
});
afterAll(() => rmSync(projectDir, { recursive: true }));

async function bundled(): Promise<string> {
  await bundleScripts(projectDir, "src/worker.ts", projectDir);
  return readFileSync(join(projectDir, WORKER_SCRIPT), "utf8");
}

it("a bundle is what its files are now, and made once for all starts in which they are the same", async () => {
  const kept = "dist/bundles/src-worker.ts.json";
  expect(await bundled()).toContain('"first"');
  const first = readFileSync(join(projectDir, kept), "utf8");
  write(kept, first.replace("first", "kept"));
  expect(await bundled()).toContain('"kept"');
  for (const [file, text] of [
    ["src/word.ts", 'export const word: string = "second";'],
    ["package-lock.json", '{"name":"another"}'],
  ] as const) {
    write(file, text);
    expect(await bundled(), file).toContain('"second"');
  }
  // What is no kept bundle, such as half of one, is as good as none.
  write(kept, first.slice(0, 9));
  expect(await bundled()).toContain('"second"');
  write("src/word.ts", "export const word: string = ;");
  await expect(bundled()).rejects.toThrow("Unexpected");
});
