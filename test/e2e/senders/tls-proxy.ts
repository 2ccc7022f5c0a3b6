import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { until } from "../chaos/until.ts";
import { PROJECT_DIR } from "../product.ts";

/** Debian's packages `nginx-light` and `caddy`; .ci/run installs them where there is apt. */
export type ProxyKind = "nginx" | "caddy";
export const hasProxy = (kind: ProxyKind) =>
  spawnSync(kind, [kind === "nginx" ? "-v" : "version"]).error === undefined &&
  spawnSync("openssl", ["version"]).error === undefined;

/** The configuration of ops/ for one of them, in front of a server of this machine, with a certificate for localhost. */
export class TlsProxy {
  readonly port: number;
  /** Who signed its certificate. */
  readonly ca: string;
  readonly #dir: string;
  readonly #child: ChildProcess;

  private constructor(port: number, ca: string, dir: string, child: ChildProcess) {
    this.port = port;
    this.ca = ca;
    this.#dir = dir;
    this.#child = child;
  }

  static async start(kind: ProxyKind, upstreamPort: number): Promise<TlsProxy> {
    const dir = mkdtempSync(join(tmpdir(), "edgetape-proxy-"));
    const [cert, key] = [join(dir, "cert.pem"), join(dir, "key.pem")];
    const about = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const words = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
    ];
    execFileSync("openssl", [...words, "-days", "2", ...about, "-keyout", key, "-out", cert], {
      stdio: "pipe",
    });
    const ca = readFileSync(cert, "utf8");
    for (let tries = 1; ; tries += 1) {
      const port = await freePort();
      const child = start(kind, { dir, cert, key, port, upstreamPort });
      let log = "";
      child.stderr?.on("data", (said: Buffer) => {
        log += said.toString();
      });
      let isListening = false;
      await until(`${kind} to listen or to end`, async () => {
        isListening = child.exitCode === null && (await canConnect(port, ca));
        return isListening || child.exitCode !== null;
      });
      if (isListening && child.exitCode === null) return new TlsProxy(port, ca, dir, child);
      // Somebody else may have got the port that was free.
      if (tries === 3) throw new Error(`${kind} ended: ${log}`);
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

interface Options {
  dir: string;
  cert: string;
  key: string;
  port: number;
  upstreamPort: number;
}

function start(kind: ProxyKind, options: Options): ChildProcess {
  const { dir } = options;
  const file = join(dir, kind === "nginx" ? "nginx.conf" : "Caddyfile");
  writeFileSync(file, kind === "nginx" ? nginxConfig(options) : caddyConfig(options));
  const env = { PATH: process.env["PATH"], HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir };
  const words =
    kind === "nginx"
      ? ["-p", dir, "-c", file, "-e", "stderr"]
      : ["run", "--config", file, "--adapter", "caddyfile"];
  return spawn(kind, words, { env, stdio: ["ignore", "ignore", "pipe"] });
}

/** Everything but addresses and certificate is as it stands in ops/. */
function nginxConfig({ dir, cert, key, port, upstreamPort }: Options): string {
  const server = readFileSync(join(PROJECT_DIR, "ops/nginx/edgetape.conf"), "utf8");
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off; pid ${dir}/pid; worker_processes 1; user ${userName()};
    events { worker_connections 256; }
    http {
      access_log off;
      ${folders.map((name) => `${name}_temp_path ${dir}/${name};`).join("\n")}
      ${replaced(server, [
        ["listen 443", `listen 127.0.0.1:${port}`],
        ["    listen [::]:443 ssl http2;\n", ""],
        ["127.0.0.1:8787", `127.0.0.1:${upstreamPort}`],
        ["server_name tape.example.com", "server_name localhost"],
        ["/etc/ssl/tape.example.com.pem", cert],
        ["/etc/ssl/tape.example.com.key", key],
      ])}
    }`;
}

function caddyConfig({ cert, key, port, upstreamPort }: Options): string {
  const site = readFileSync(join(PROJECT_DIR, "ops/caddy/Caddyfile"), "utf8");
  return `{\n admin off\n auto_https disable_redirects\n}\n${replaced(site, [
    [
      "\ntape.example.com {\n",
      `\nhttps://localhost:${port} {\n bind 127.0.0.1\n tls ${cert} ${key}\n`,
    ],
    ["127.0.0.1:8787", `127.0.0.1:${upstreamPort}`],
  ])}`;
}

function replaced(text: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((result, [from, to]) => {
    if (!result.includes(from)) throw new Error(`the configuration has no ${from}`);
    return result.replace(from, to);
  }, text);
}

function userName(): string {
  return execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function canConnect(port: number, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, ca, host: "127.0.0.1", servername: "localhost" }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
