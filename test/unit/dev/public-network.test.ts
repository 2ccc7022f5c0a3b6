import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { capnpConfig } from "../../../dev/build/capnp-config.ts";
import { serveArguments, workerdPath } from "../../../dev/process/runtime-process.ts";

/*
 * The runtime with its own configuration, and a Worker that asks whatever it is told over the network of webhooks. What is under test
 * is where that network connects to, whatever a name leads to.
 */

const WORKER = `import { WorkerEntrypoint } from "cloudflare:workers";
export class Door extends WorkerEntrypoint {}
export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const ask = searchParams.get("over") === "public" ? env.PUBLIC_NETWORK : { fetch: (url, init) => fetch(url, init) };
    try {
      const answer = await ask.fetch(searchParams.get("url"), { method: "POST", redirect: "manual" });
      return new Response("answered " + answer.status);
    } catch {
      return new Response("no connection");
    }
  },
};`;

let dir = "";
let runtime: ChildProcess;
let address = "";
let receiver: Server;
let port = 0;
let asked: string[] = [];

beforeAll(async () => {
  receiver = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(307, { location: `http://127.0.0.1:${port}/elsewhere` }).end("secrets");
  });
  await new Promise<void>((resolve) => receiver.listen(0, "::", resolve));
  port = (receiver.address() as AddressInfo).port;
  dir = mkdtempSync(join(tmpdir(), "network-"));
  const objectsDir = join(dir, "objects");
  mkdirSync(objectsDir);
  const config = capnpConfig(
    {
      ...{ main: "", compatibilityDate: "2026-10-20", compatibilityFlags: [], vars: {} },
      ...{ assets: { directory: "", binding: "ASSETS" }, durableObjects: [] },
    },
    {
      ...{ workerScript: "worker.js", assetRouterScript: "assets.js", assetsDir: dir, objectsDir },
      ...{ httpSockets: 1, peers: [], fromEnvironment: [] },
    },
  );
  writeFileSync(join(dir, "config.capnp"), config);
  writeFileSync(join(dir, "worker.js"), WORKER);
  writeFileSync(join(dir, "assets.js"), "export default {};");
  const sockets = ["http", "guarded", "door"].map((name) => `--socket-addr=${name}=127.0.0.1:0`);
  runtime = spawn(
    workerdPath(),
    [...serveArguments("config.capnp"), ...sockets, "--control-fd=1"],
    { cwd: dir, stdio: ["ignore", "pipe", "ignore"] },
  );
  for await (const line of createInterface({ input: runtime.stdout as NodeJS.ReadableStream })) {
    const event = JSON.parse(line) as { socket?: string; port?: number };
    if (event.socket === "http") {
      address = `http://127.0.0.1:${event.port}`;
      break;
    }
  }
});

afterAll(async () => {
  const ended = new Promise((resolve) => runtime.once("exit", resolve));
  runtime.kill("SIGKILL");
  await ended;
  receiver.close();
  rmSync(dir, { recursive: true });
});

async function ask(over: "public" | "any", url: string): Promise<string> {
  const query = new URLSearchParams({ over, url });
  return (await fetch(`${address}/?${query}`)).text();
}

it("WH-7 the network of webhooks connects to no address that is not public, whatever leads there", async () => {
  const hosts = [
    // Names are what no look at an address can judge.
    ...["localhost", hostname(), "127.0.0.1", "2130706433", "0.0.0.0", "[::1]", "[::]"],
    ...["[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fec0::1]", "10.0.0.1"],
    ...["169.254.169.254", "100.64.0.1", "192.168.1.1", "172.16.0.1", "198.18.0.1", "224.0.0.1"],
  ];
  const found = await Promise.all(hosts.map((host) => ask("public", `http://${host}:${port}/`)));
  expect(found).toEqual(hosts.map(() => "no connection"));
  expect(asked).toEqual([]);
});

it("WH-7 what the operator names is reached over the other, and what it leads to is not followed", async () => {
  for (const host of ["localhost", "127.0.0.1"]) {
    asked = [];
    expect(await ask("any", `http://${host}:${port}/hook`)).toBe("answered 307");
    expect(asked).toEqual(["/hook"]);
  }
});
