import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, stop } from "esbuild";
import { runCommand } from "./checks/run-command.ts";
import { wireTypes } from "./client/wire-types.ts";

/**
 * Builds what `npm pack ./client` and `npm pack ./push/node` pack: one script without dependencies, and declarations that need
 * nothing else. `npm pack` calls it by itself, with the package's folder.
 */

type Package = {
  /** The sources whose declarations a program sees through `index.d.ts`. */
  publicSources: string[];
  runsOn: "browser" | "node";
  target: string;
};

const PACKAGES: Record<string, Package> = {
  client: {
    publicSources: [
      "index",
      "tape",
      "deps",
      "state",
      "status",
      "follower",
      "latest",
      "latest-stream",
      "token",
      "room-sockets",
      "room-urls",
    ],
    runsOn: "browser",
    target: "es2022",
  },
  "push/node": {
    publicSources: ["index", "edgetape", "kinds", "metric", "options", "refused"],
    runsOn: "node",
    target: "node20",
  },
};

const PROJECT_DIR = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const folder = process.argv[2] ?? "";
const wanted = PACKAGES[folder];
if (wanted === undefined) {
  process.stderr.write(`node dev/build-package.ts ${Object.keys(PACKAGES).join(" | ")}\n`);
  process.exit(1);
}
const outDir = join(PROJECT_DIR, folder, "dist");
const emittedDir = join(PROJECT_DIR, "dist/package-types", folder);

rmSync(outDir, { recursive: true, force: true });
mkdirSync(outDir, { recursive: true });
await build({
  entryPoints: [join(PROJECT_DIR, folder, "index.ts")],
  outfile: join(outDir, "index.js"),
  bundle: true,
  format: "esm",
  platform: wanted.runsOn,
  target: wanted.target,
  logLevel: "warning",
});
await stop();

rmSync(emittedDir, { recursive: true, force: true });
const emitted = await runCommand(PROJECT_DIR, ["tsc", "-p", folder, "--outDir", emittedDir]);
if (!emitted.exitedWell) {
  process.stderr.write(emitted.output);
  process.exit(1);
}
let namesWireTypes = false;
for (const source of wanted.publicSources) {
  const text = standingAlone(readFileSync(join(emittedDir, folder, `${source}.d.ts`), "utf8"));
  namesWireTypes ||= text.includes('"./wire.js"');
  writeFileSync(join(outDir, `${source}.d.ts`), text);
}
if (namesWireTypes) writeFileSync(join(outDir, "wire.d.ts"), wireTypes());

/** Declarations that import each other, and the wire types from the one file that has them here. */
function standingAlone(text: string): string {
  return text
    .replaceAll(/"\.\.\/src\/protocol\/[a-z/-]+\.ts"/g, '"./wire.js"')
    .replaceAll(/"\.\/([a-z-]+)\.ts"/g, '"./$1.js"');
}
