import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Debian's package `prometheus`; .ci/run installs it where there is apt. */
export const hasPrometheus = spawnSync("prometheus", ["--version"]).error === undefined;

/** A Prometheus that scrapes `exposition` and writes all of it to `url`, as the guide of pushing configures it. */
export class Prometheus {
  readonly #dir = mkdtempSync(join(tmpdir(), "edgetape-prometheus-"));
  readonly #target = createServer((_, response) => response.end(this.#exposition));
  #exposition: string;
  #child: ChildProcess | null = null;
  #log = "";

  constructor(exposition: string) {
    this.#exposition = exposition;
  }

  /** Whatever it has said. */
  get log(): string {
    return this.#log;
  }

  /** From the next scrape on this is what there is. */
  expose(exposition: string): void {
    this.#exposition = exposition;
  }

  async start(url: string, token: string, labels: Record<string, string>): Promise<void> {
    await new Promise<void>((resolve) => this.#target.listen(0, "127.0.0.1", resolve));
    const { port } = this.#target.address() as AddressInfo;
    // YAML takes JSON.
    const config = {
      global: { scrape_interval: "250ms", scrape_timeout: "250ms" },
      scrape_configs: [
        { job_name: "desk", static_configs: [{ targets: [`127.0.0.1:${port}`], labels }] },
      ],
      remote_write: [
        {
          url: `${url}/api/v1/write`,
          authorization: { credentials: token },
          send_native_histograms: true,
          queue_config: { batch_send_deadline: "250ms", retry_on_http_429: true },
        },
      ],
    };
    const file = join(this.#dir, "prometheus.yml");
    writeFileSync(file, JSON.stringify(config));
    this.#child = spawn("prometheus", [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(this.#dir, "data")}`,
      "--web.listen-address=127.0.0.1:0",
    ]);
    this.#child.stderr?.on("data", (said: Buffer) => {
      this.#log += said.toString();
    });
  }

  /** Ends as an operator ends it: what it has to send is sent. */
  async stop(): Promise<void> {
    this.#target.close();
    this.#target.closeAllConnections();
    const child = this.#child;
    if (child !== null && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
