import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Edgetape } from "../push/node/edgetape.ts";
import type { Level } from "../push/node/kinds.ts";

/**
 * What one call of `@edgetape/push` costs its caller while the server is dead: `npx node bench/push-call.ts`.
 *
 * Calls come in bursts, as they do in a service, and what they bring goes to the disk between these. A line a call: the median of
 * the bursts in microseconds, the longest burst, and the ratio of the medians to that of `JSON.stringify` of a trade, which holds on any
 * machine.
 */

const BURST = 200;
const BURSTS = 60;
const PAUSE_MS = 20;

const spool = mkdtempSync(join(tmpdir(), "edgetape-push-call-"));
const tape = new Edgetape("http://127.0.0.1:9", { token: "no-token", spool, onWarning: () => {} });
const series = tape.metric("order_latency_ms", { symbol: "ACME", labels: { venue: "xnas" } });
const levels = Array.from({ length: 10 }, (_, at): Level => [100 + at, 5]);
const texts: string[] = [];
const calls: Record<string, (at: number) => void> = {
  "JSON.stringify": (at) =>
    texts.push(JSON.stringify({ symbol: "ACME", price: 101.25, size: 20, side: "buy", id: at })),
  "metric().observe": (at) =>
    tape.metric("order_latency_ms", { symbol: "ACME", labels: { venue: "xnas" } }).observe(at),
  observe: (at) => series.observe(at),
  trade: (at) => tape.trade("ACME", { price: 101.25, size: 20, side: "buy", id: String(at) }),
  position: (at) => tape.position("ACME", { quantity: at, account: "desk" }),
  "book, 10 levels a side": () => tape.book("ACME", { bids: levels, asks: levels }),
};
const times = new Map(Object.keys(calls).map((name) => [name, [] as number[]]));
for (let burst = 0; burst < BURSTS; burst += 1) {
  for (const [name, call] of Object.entries(calls)) {
    const beganMs = performance.now();
    for (let at = 0; at < BURST; at += 1) call(at);
    times.get(name)?.push(((performance.now() - beganMs) / BURST) * 1_000);
    await sleep(PAUSE_MS);
  }
}
const medianOf = (name: string) => {
  const sorted = times.get(name)?.toSorted((a, b) => a - b) ?? [];
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
for (const [name, bursts] of times) {
  const ratio = medianOf(name) / medianOf("JSON.stringify");
  const shown = [medianOf(name), Math.max(...bursts)].map((each) => each.toFixed(2).padStart(7));
  process.stdout.write(
    `${name.padEnd(24)} ${shown[0]} us a call, longest burst ${shown[1]}, ${ratio.toFixed(1)} x JSON.stringify\n`,
  );
}
await tape.close(0);
rmSync(spool, { recursive: true });
