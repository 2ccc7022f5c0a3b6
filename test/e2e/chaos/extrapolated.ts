import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT_DIR } from "../product.ts";

/** Two scrapes, one soon after the other: what is and how it goes on. */
export interface Trend {
  from: Scrape;
  to: Scrape;
}
export interface Scrape {
  atMs: number;
  /** By series, as `name{labels}`. */
  values: Map<string, number>;
  types: Map<string, string>;
}

/** Debian's package `prometheus` has it. */
export const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined;
const RULES = join(PROJECT_DIR, "ops/prometheus/alerts.yml");
/** Gauges that grow with the clock. */
const AGES = /^edgetape_(outbox_age|rollup_lag)_seconds/;
const MINUTES = { calm: 25, after: 10 };

/** Asks on a connection of its own: one that is kept may be to a runtime that hangs, which would never answer. */
export async function scrape(url: string, token: string): Promise<Scrape> {
  const headers = { authorization: `Bearer ${token}`, connection: "close" };
  const answer = await fetch(`${url}/metrics`, { headers });
  const text = await answer.text();
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split("\n")) {
    const type = /^# TYPE (\S+) (\S+)/.exec(line);
    if (type !== null) types.set(String(type[1]), String(type[2]));
    else if (line !== "" && !line.startsWith("#")) {
      const space = line.lastIndexOf(" ");
      values.set(line.slice(0, space), Number(line.slice(space + 1)));
    }
  }
  return { atMs: Date.now(), values, types };
}

/**
 * Of these, the alerts that do as they should by the rules of ops/: silent while it is calm, firing where the trend of the drill had
 * gone on for some minutes. Their `for` is minutes, and nobody waits for it here.
 */
export function faultsOfAlerts(drills: readonly { alert: string; calm: Trend; drill: Trend }[]) {
  const file = join(tmpdir(), `edgetape-drills-${process.pid}.json`);
  const rules = readFileSync(RULES, "utf8");
  const firing = (alert: string) =>
    `count(ALERTS{alertstate="firing",alertname="${alert}"}) > bool 0`;
  const tests = drills.map(({ alert, calm, drill }) => ({
    name: alert,
    interval: "1m",
    input_series: [...drill.to.values.keys()]
      .filter((series) => ruleOf(alert, rules).includes(nameOf(series)))
      .map((series) => seriesOf(series, calm, drill)),
    promql_expr_test: [
      { expr: firing(alert), eval_time: `${MINUTES.calm - 1}m`, exp_samples: [] },
      {
        expr: firing(alert),
        eval_time: `${MINUTES.calm + 8}m`,
        exp_samples: [{ labels: "{}", value: 1 }],
      },
    ],
  }));
  // YAML takes JSON.
  writeFileSync(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: "1m", tests }));
  const run = spawnSync("promtool", ["test", "rules", file], { encoding: "utf8" });
  rmSync(file);
  return run.status === 0 ? "" : run.stdout + run.stderr;
}

/** The text of one alert. */
function ruleOf(alert: string, rules: string): string {
  const found = rules.split("- alert: ").find((text) => text.startsWith(`${alert}\n`));
  if (found === undefined) throw new Error(`there is no alert ${alert}`);
  return found;
}

function seriesOf(series: string, calm: Trend, drill: Trend) {
  const name = nameOf(series);
  const labels = /\{(.*)\}/.exec(series)?.[1];
  const whole = `${name}{${labels === undefined ? "" : `${labels},`}job="edgetape",instance="a"}`;
  // There the clock begins with 1970.
  if (name === "edgetape_clock_seconds") return { series: whole, values: "0+60x100" };
  const parts = [part(series, calm, MINUTES.calm), part(series, drill, MINUTES.after)];
  return { series: whole, values: parts.join(" ") };
}

function part(series: string, { from, to }: Trend, minutes: number): string {
  const [first, last] = [from.values.get(series) ?? 0, to.values.get(series)];
  if (last === undefined) return `_x${minutes}`;
  const grows = AGES.test(series) || to.types.get(nameOf(series)) !== "gauge";
  const aMinute = grows ? ((last - first) * 60_000) / Math.max(1, to.atMs - from.atMs) : 0;
  return `${last}+${Math.max(0, aMinute)}x${minutes - 1}`;
}

function nameOf(series: string): string {
  return series.replace(/\{.*/, "");
}
