import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { bareConfig } from "../bare/config.ts";
import { endChild } from "./end-child.ts";
import type { Target } from "./target.ts";

export type BareName = "room" | "ingest" | "forms";

/** Starts one of the bare Workers of this folder under plain `workerd serve`, with its data in a folder that goes away. */
export async function startBare(name: BareName): Promise<Target> {
  const dir = mkdtempSync(join(tmpdir(), `edgetape-bench-${name}-`));
  mkdirSync(join(dir, "objects"));
  const script = fileURLToPath(new URL(`../bare/${name}.js`, import.meta.url));
  const external = ["cloudflare:workers"];
  buildSync({
    entryPoints: [script],
    bundle: true,
    external,
    format: "esm",
    outfile: join(dir, "worker.js"),
  });
  writeFileSync(join(dir, "config.capnp"), bareConfig("worker.js", join(dir, "objects")));
  const { default: workerd } = createRequire(import.meta.url)("workerd") as { default: string };
  const child = spawn(workerd, ["serve", join(dir, "config.capnp"), "--control-fd=3"], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the bare ${name} ended (${code})`)));
    createInterface({ input: child.stdio[3] as Readable }).on("line", (line) => {
      const message = JSON.parse(line) as { event: string; port?: number };
      if (message.event === "listen" && message.port !== undefined) resolve(message.port);
    });
  });
  return {
    name: `bare ${name}`,
    port,
    workerdPid: child.pid ?? 0,
    stop: async () => {
      process.off("exit", kill);
      await endChild(child);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
