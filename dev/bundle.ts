import { join } from "node:path";
import { type BuildOptions, build, stop } from "esbuild";

export const WORKER_SCRIPT = "worker.js";
export const ASSET_ROUTER_SCRIPT = "asset-router.js";

/** As wrangler bundles a Worker; `node:` and `cloudflare:` modules are the runtime's. */
const WORKER_BUILD: BuildOptions = {
  bundle: true,
  format: "esm",
  target: "es2024",
  conditions: ["workerd", "worker", "browser"],
  external: ["cloudflare:*", "node:*"],
  logLevel: "silent",
};

/** Bundles the Worker at `main` and the asset router into `outDir`. Rejects with esbuild's messages. */
export async function bundleScripts(
  projectDir: string,
  main: string,
  outDir: string,
): Promise<void> {
  const scripts = [
    { from: join(projectDir, main), to: WORKER_SCRIPT },
    { from: join(projectDir, "dev/asset-router.ts"), to: ASSET_ROUTER_SCRIPT },
  ];
  try {
    await Promise.all(
      scripts.map(({ from, to }) =>
        build({ ...WORKER_BUILD, entryPoints: [from], outfile: join(outDir, to) }),
      ),
    );
  } finally {
    // Else the bundler's own process would run for as long as the product does.
    await stop();
  }
}
