import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DOOR_SOCKET, GUARDED_SOCKET, httpSocketName } from "../../dev/build/capnp-config.ts";
import { serveArguments } from "../../dev/process/runtime-process.ts";
import { freePort } from "../targets/free-port.ts";
import { environmentOf, startProduct } from "../targets/product.ts";
import { type ProductTarget, wait } from "../targets/target.ts";

export type ProfiledProduct = ProductTarget & {
  inspectorPort: number;
  /** The Worker's bundle, as it runs. */
  bundle: string;
};

/**
 * Starts the product, and beside its runtime a second one on the same configuration and database, with rooms of its own
 * and the inspector open, which the product itself never has. The first runtime stays idle.
 */
export async function startProfiledProduct(): Promise<ProfiledProduct> {
  const product = await startProduct();
  const runDir = join(product.dataDir, "run");
  const objects = join(product.dataDir, "profiled-objects");
  mkdirSync(objects);
  const [port, inspectorPort] = [await freePort(), await freePort()];
  const { default: workerd } = createRequire(import.meta.url)("workerd") as { default: string };
  const child = spawn(
    workerd,
    [
      ...serveArguments(join(runDir, "config.capnp")),
      `--socket-addr=${httpSocketName(0)}=127.0.0.1:${port}`,
      `--socket-addr=${GUARDED_SOCKET}=127.0.0.1:${await freePort()}`,
      `--socket-addr=${DOOR_SOCKET}=127.0.0.1:${await freePort()}`,
      `--directory-path=objects=${objects}`,
      `--inspector-addr=127.0.0.1:${inspectorPort}`,
    ],
    { env: environmentOf(product.workerdPid), stdio: "ignore" },
  );
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error("the profiled runtime did not start");
    await wait(100);
  }
  return {
    ...product,
    port,
    inspectorPort,
    workerdPid: child.pid ?? 0,
    bundle: readFileSync(join(runDir, "worker.js"), "utf8"),
    stop: async () => {
      process.off("exit", kill);
      kill();
      await product.stop();
    },
  };
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
  } catch {
    return false;
  }
}
