import { execFile, spawn } from "node:child_process";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { identityOf } from "../../dev/process/process-identity.ts";
import { banner } from "../../dev/product/banner.ts";
import { soon } from "../soon.ts";
import { until } from "./chaos/until.ts";
import {
  emptyDataDir,
  PROJECT_DIR,
  type ProductOptions,
  type RunningProduct,
  startProduct,
  startRefused,
  temporaryDataDir,
} from "./product.ts";

describe("npm start", () => {
  let folder: ReturnType<typeof temporaryDataDir>;
  let started: RunningProduct[];

  beforeEach(() => {
    folder = temporaryDataDir();
    started = [];
  });

  afterEach(async () => {
    for (const product of started) await product.killGroup();
    folder.remove();
  });

  async function start(options: Partial<ProductOptions> = {}) {
    const product = await startProduct({ dataDir: folder.dataDir, ...options });
    started.push(product);
    return product;
  }

  it("starts from nothing, and has a curl line for terminals that works as it stands", async () => {
    const empty = emptyDataDir();
    const product = await start({ dataDir: empty.dataDir });
    // What the tests read is a log, and no token is printed into one.
    expect(product.output).not.toContain("curl ");
    // The banner has standard output to itself: a program reads it from there.
    expect(product.standardOutput).toMatch(/^\n {2}Edgetape is ready [^{}]*$/);
    // The log has another way than the banner.
    await until("the log", () => product.output.includes('"event":"database_ready"'));
    const { url, dataDir } = product;
    const writeToken = await product.token({ scopes: ["write"] });
    const facts = { url, dataDir, publicRead: "local", startedInSeconds: 1 } as const;
    const words = banner({ ...facts, writeToken, issuer: undefined });
    const line = words.split("\n").find((each) => each.startsWith("curl "));
    const answer = await runInShell(`${line} -s -w '%{http_code}'`);
    expect(answer).toMatch(/202$/);
    await product.killGroup();
    empty.remove();
  });

  it("ends with npm, where npm alone is told to: a shell between the two would die of the signal itself", async () => {
    const product = await start({ throughNpm: true });
    const children = product.childPids;
    expect(children).toHaveLength(2);
    await product.stop();
    expect(children.map(identityOf)).toEqual([undefined, undefined]);
    // What it wrote last may be read after its end.
    await until("its last word", () => product.output.includes('"event":"stopped"'));
  });

  it("ends where npm was killed, and a start at once waits for that", async () => {
    const killed = await start({ throughNpm: true });
    const children = killed.childPids;
    await killed.signal("SIGKILL");
    const next = await start({ port: killed.port });
    expect(children.map(identityOf)).toEqual([undefined, undefined]);
    expect((await fetch(`${next.url}/healthz`)).status).toBe(200);
  });

  // `script` of util-linux has a terminal for it.
  it.runIf(process.platform === "linux")("shows a person text and no JSON", async () => {
    const environment = { NODE: process.execPath, DATA_DIR: folder.dataDir, PORT: "0" };
    const shown = await onTerminal('exec "$NODE" dev/start.ts', environment, "npm run demo");
    expect(shown).toMatch(/^\d\d:\d\d:\d\d database_ready port=\d+ /m);
    expect(shown.slice(0, shown.indexOf("curl "))).not.toContain("{");
    expect(shown).toContain("Edgetape is ready");
  });

  it("does not touch a stranger that has the number of a process in a stale lock", async () => {
    const stranger = { pid: process.pid, startedAt: "1" };
    writeFileSync(
      join(folder.dataDir, "lock.json"),
      JSON.stringify({ supervisor: stranger, children: [stranger] }),
    );
    const product = await start();
    expect((await fetch(`${product.url}/healthz`)).status).toBe(200);
  });

  it("says which port is in use", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
    });
    const refused = await startRefused({ dataDir: folder.dataDir, port });
    server.close();
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(`PORT ${port} is in use on 127.0.0.1`);
  });

  it.each([
    [{ HOST: "192.0.2.1", PORT: "8799" }, "HOST and PORT: cannot listen on 192.0.2.1:8799"],
    [{ DATA_DIR: "package.json/data" }, "DATA_DIR "],
  ])("names the setting that cannot be had: %j", async (environment, words) => {
    const refused = await startRefused({ dataDir: folder.dataDir, environment });
    expect(refused.code).toBe(1);
    expect(refused.output.split("\n")[0]).toContain(words);
    expect(refused.output).not.toContain("    at ");
  });

  it("names every setting that is wrong", async () => {
    const refused = await startRefused({
      dataDir: folder.dataDir,
      environment: { PORT: "http", PUBLIC_READ: "yes", LIMIT_CONNECTS_PER_MINUTE: "-1" },
    });
    expect(refused.code).toBe(1);
    for (const name of ["PORT", "PUBLIC_READ", "LIMIT_CONNECTS_PER_MINUTE"]) {
      expect(refused.output).toContain(`${name} must `);
    }
  });
});

describe("one product, from its start to its end", () => {
  const folder = temporaryDataDir();
  let product: RunningProduct;

  beforeAll(async () => {
    product = await start();
  });
  afterAll(async () => {
    await product.killGroup();
    folder.remove();
  });
  const start = (options: Partial<ProductOptions> = {}) =>
    startProduct({ dataDir: folder.dataDir, ...options });

  it("serves the dashboard with its content types, and the same page for every page's path", async () => {
    const index = await fetch(`${product.url}/`);
    const html = await index.text();
    expect(index.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(index.headers.get("cache-control")).toBe("public, max-age=0, must-revalidate");
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1];
    const asset = await fetch(`${product.url}${script}`);
    expect(asset.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect(await (await fetch(`${product.url}/s/BTC-USD`)).text()).toBe(html);
    // A misspelt probe is told; who looks in a browser is shown.
    const misspelt = `${product.url}/health`;
    const shown = await fetch(misspelt, { headers: { accept: "text/html" } });
    expect([shown.status, await shown.text()]).toEqual([404, html]);
    expect((await (await fetch(misspelt)).json()) as object).toMatchObject({ status: 404 });
    expect((await fetch(`${product.url}/assets/gone.js`)).status).toBe(404);
    const etag = index.headers.get("etag") ?? "";
    const again = await fetch(`${product.url}/`, { headers: { "if-none-match": etag } });
    expect(again.status).toBe(304);
  });

  it("says that a folder is taken, and by whom", async () => {
    const second = await startRefused({ dataDir: folder.dataDir });
    expect(second.code).toBe(1);
    expect(second.output).toContain(
      `already runs on ${folder.dataDir} (pid ${product.pid}, ${product.url})`,
    );
  });

  it("starts a runtime or a database that died again, on the same address", async () => {
    const killed = product.childPids;
    for (const pid of killed) process.kill(pid, "SIGKILL");
    // The killed runtime may answer once more.
    await until(
      "others in their places",
      () => product.childPids.filter((pid) => !killed.includes(pid)).length === killed.length,
    );
    await until("health", async () => (await healthOf(product.url)) === 200);
    const answer = await fetch(`${product.url}/api/metrics?wait=stored`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${await product.token()}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ metric: "order_latency_ms", value: 1 }),
    });
    expect(answer.status).toBe(200);
    expect(product.output).toContain("process died; starting it again");
  });

  it("ends in good order on SIGTERM, with a viewer connected, and leaves nothing running", async () => {
    const children = product.childPids;
    const socket = new WebSocket(`${product.url.replace("http", "ws")}/ws/BTC-USD`, [
      "edgetape.v1",
    ]);
    await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
    expect(await product.stop()).toBe(0);
    expect(children.map(identityOf)).toEqual([undefined, undefined]);
    expect(() => statSync(join(folder.dataDir, "lock.json"))).toThrow();
  });

  it("keeps its secrets to the owner, and starts again with the same", async () => {
    const secret = readFileSync(join(folder.dataDir, "jwt.secret"), "utf8");
    expect(statSync(join(folder.dataDir, "jwt.secret")).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder.dataDir, "database.secret")).mode & 0o777).toBe(0o600);
    expect(product.output).not.toContain(secret.trim());
    product = await start();
    expect(readFileSync(join(folder.dataDir, "jwt.secret"), "utf8")).toBe(secret);
  });

  it("takes over the folder of a killed supervisor and ends the runtime it left behind", async () => {
    const killed = product;
    const orphans = killed.childPids;
    await killed.signal("SIGKILL");
    // The runtime does not outlive its supervisor: it would serve without a database.
    await soon(() => expect(orphans.map(identityOf)).toEqual([undefined, undefined]));
    product = await start({ port: killed.port });
    expect(orphans.map(identityOf)).toEqual([undefined, undefined]);
    expect((await fetch(`${product.url}/healthz`)).status).toBe(200);
  });

  it("leaves no process behind where the folder was taken away under it", async () => {
    const children = product.childPids;
    rmSync(folder.dataDir, { recursive: true, maxRetries: 10 });
    await product.stop();
    // The supervisor cannot wait any more for those it kills as it ends.
    await soon(() => expect(children.map(identityOf)).toEqual([undefined, undefined]));
  });
});

/** What `command` shows on a terminal until it has shown `last`; it is ended then. */
async function onTerminal(
  command: string,
  environment: Record<string, string>,
  last: string,
): Promise<string> {
  const child = spawn("/usr/bin/script", ["-qec", command, "/dev/null"], {
    cwd: PROJECT_DIR,
    env: { ...process.env, ...environment },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  child.stdout.setEncoding("utf8");
  for await (const text of child.stdout) {
    shown += text;
    // Ctrl-C, as a person ends it.
    if (shown.includes(last)) child.stdin.end("\u0003");
  }
  return shown.replaceAll("\r\n", "\n");
}

async function healthOf(url: string): Promise<number> {
  try {
    return (await fetch(`${url}/healthz`)).status;
  } catch {
    return 0;
  }
}

async function runInShell(command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("/bin/sh", ["-c", command], (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
}
