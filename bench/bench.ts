import type { Measure } from "./figure.ts";
import type { FormOfOthers, PostJob } from "./load/jobs.ts";
import type { Posting, Viewing } from "./load/load-process.ts";
import type { RequestShape } from "./load/posts/points.ts";
import type { BareName } from "./targets/bare.ts";
import type { How } from "./targets/product.ts";
import { type ProductTarget, type Target, wait } from "./targets/target.ts";

/** What a scenario works with. */
export type Bench = {
  rounds: number;
  /** Shorter measurements, for trying something out. */
  quick: boolean;
  posting: Posting;
  viewing: Viewing;
  /** Targets are stopped at the end of the scenario, if it has not done so. */
  startProduct(how?: Pick<How, "runtimes" | "hosts">): Promise<ProductTarget>;
  startBare(name: BareName): Promise<Target>;
  /** Null where it is not installed. */
  startVictoria(): Promise<Target | null>;
  measure: Measure;
  /** A sentence for the foot of the report. */
  note(text: string): void;
};

export type Scenario = { number: number; title: string; run(bench: Bench): Promise<void> };

export const EIGHT_SYMBOLS = [
  "BTC-USD",
  "ETH-USD",
  "SOL-USD",
  "XRP-USD",
  "ADA-USD",
  "LTC-USD",
  "DOT-USD",
  "UNI-USD",
];

/**
 * A job of points for the product or the bare ingest. `symbols` go round over the connections, so many a post: one, where nothing
 * else is said.
 */
export function pointsJob(
  target: Target | ProductTarget,
  how: {
    symbols: readonly string[];
    symbolsAPost?: number;
    points: number;
    connections: number;
  } & Pick<PostJob, "seconds" | "warmupSeconds" | "requestsPerSecond">,
  value: RequestShape["value"] = "number",
): PostJob {
  const { symbols, symbolsAPost = 1, points, ...rest } = how;
  // Every job has senders of its own, so that no two jobs send the same point (INV-9).
  const job = (jobs++).toString(36);
  const groups = Array.from({ length: Math.ceil(symbols.length / symbolsAPost) }, (_, at) =>
    symbols.slice(at * symbolsAPost, (at + 1) * symbolsAPost),
  );
  const shapes = groups.map((group) => ({
    host: `127.0.0.1:${target.port}`,
    path: "/api/metrics",
    token: "token" in target ? target.token : undefined,
    symbols: group,
    sender: `p${job}`,
    points,
    value,
  }));
  return { ...rest, port: target.port, body: "points", shapes };
}

let jobs = 0;

const PATHS: Readonly<Record<FormOfOthers, string>> = {
  write: "/api/v1/write",
  otlp: "/v1/metrics",
  influx: "/api/v2/write?precision=us",
};

/** As many points in a form of others. */
export function formJob(
  form: FormOfOthers,
  target: Target | ProductTarget,
  how: Parameters<typeof pointsJob>[1],
): PostJob {
  const job = pointsJob(target, how);
  const shapes = job.shapes.map((shape) => ({ ...shape, path: PATHS[form] }));
  return { ...job, body: form, shapes };
}

/** As many log lines, each with a number of its own. */
export function linesJob(target: ProductTarget, how: Parameters<typeof pointsJob>[1]): PostJob {
  const job = pointsJob(target, how, "serial");
  const shapes = job.shapes.map((shape) => ({ ...shape, path: "/api/logs" }));
  return { ...job, body: "lines", shapes };
}

/** A job of ready frames for bare rooms, one a path, to which the connections go in turn. */
export function framesJob(
  target: Target,
  how: { points: number; connections: number } & Pick<
    PostJob,
    "seconds" | "warmupSeconds" | "requestsPerSecond"
  >,
  paths: readonly string[] = ["/"],
  value: RequestShape["value"] = "stamp",
): PostJob {
  const { points, ...rest } = how;
  const shapes = paths.map((path) => ({
    host: `127.0.0.1:${target.port}`,
    path,
    token: undefined,
    symbols: ["room"],
    sender: "p",
    points,
    value,
  }));
  return { ...rest, port: target.port, body: "frame", shapes };
}

/** Throws where the server refused something: its figures would mean nothing. */
export function mustAccept<
  Result extends { refused: Record<string, { count: number; first: string }> },
>(result: Result): Result {
  const [first] = Object.entries(result.refused);
  if (first !== undefined) {
    throw new Error(`${first[1].count} answers of status ${first[0]}: ${first[1].first}`);
  }
  return result;
}

/** One point that is answered once it is in Postgres; returns how long that took, in ms. */
export async function storedRoundTrip(product: ProductTarget, symbol: string): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${product.port}/api/metrics?wait=stored`, {
      method: "POST",
      headers: { authorization: `Bearer ${product.token}`, "content-type": "application/json" },
      body: JSON.stringify({ metric: "probe", symbol, value: 1, labels: { n: String(probes++) } }),
    });
    const text = await response.text();
    if (response.status === 200) return performance.now() - startMs;
    if (response.status !== 202) throw new Error(`probe: ${response.status} ${text}`);
  }
}

let probes = 0;

/** How many probes were stored as points, so that counts can be compared. */
export function probesSent(): number {
  return probes;
}

/** Waits until Postgres has everything of these symbols. */
export async function untilStored(
  product: ProductTarget,
  symbols: readonly string[],
): Promise<void> {
  await Promise.all(symbols.map((symbol) => storedRoundTrip(product, symbol)));
}

export function numberedSymbols(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `SYM${number}-USD`);
}

/** Between rounds: what the last one left behind should not be in the next. */
export async function settle(quick: boolean): Promise<void> {
  await wait(quick ? 300 : 1_000);
}
