import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, stop } from "esbuild";
import { runCommand } from "./checks/run-command.ts";
import { wireTypes } from "./client/wire-types.ts";

/**
 * Builds what `npm pack ./client` packs: one script without dependencies, and declarations that need nothing else.
 * `npm pack` calls it by itself.
 */

const PROJECT_DIR = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const OUT_DIR = join(PROJECT_DIR, "client/dist");
const EMITTED_DIR = join(PROJECT_DIR, "dist/client-types");
/** The sources whose declarations a program sees through `index.d.ts`. */
const PUBLIC_SOURCES = ["index", "tape", "deps", "state", "status"];

rmSync(OUT_DIR, { recursive: true, force: true });
mkdirSync(OUT_DIR, { recursive: true });
await build({
  entryPoints: [join(PROJECT_DIR, "client/index.ts")],
  outfile: join(OUT_DIR, "index.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
await stop();

rmSync(EMITTED_DIR, { recursive: true, force: true });
const emitted = await runCommand(PROJECT_DIR, ["tsc", "-p", "client", "--outDir", EMITTED_DIR]);
if (!emitted.exitedWell) {
  process.stderr.write(emitted.output);
  process.exit(1);
}
for (const source of PUBLIC_SOURCES) {
  const text = readFileSync(join(EMITTED_DIR, `client/${source}.d.ts`), "utf8");
  writeFileSync(join(OUT_DIR, `${source}.d.ts`), standingAlone(text));
}
writeFileSync(join(OUT_DIR, "wire.d.ts"), wireTypes());

/** Declarations that import each other, and the wire types from the one file that has them here. */
function standingAlone(text: string): string {
  return text
    .replaceAll(/"\.\.\/src\/protocol\/[a-z/-]+\.ts"/g, '"./wire.js"')
    .replaceAll(/"\.\/([a-z-]+)\.ts"/g, '"./$1.js"');
}
