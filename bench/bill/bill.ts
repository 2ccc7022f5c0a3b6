import type { Usage } from "./meter.ts";
import { type Measured, monthOf, PRICES, type Priced, SUBSCRIPTION_USD, usdOf } from "./prices.ts";

/** What each class of objects did, a second. */
export function usageTable({ seconds, reading }: Measured): string {
  const columns: [string, (usage: Usage) => number][] = [
    ["calls", ({ calls }) => calls / seconds],
    ["alarms", ({ alarms }) => alarms / seconds],
    ["messages", ({ messages }) => messages / seconds],
    ["setAlarm", ({ alarmsSet }) => alarmsSet / seconds],
    ["rows written", ({ rowsWritten }) => rowsWritten / seconds],
    ["rows read", ({ rowsRead }) => rowsRead / seconds],
    ["keys written", ({ keysWritten }) => keysWritten / seconds],
    ["keys read", ({ keysRead }) => keysRead / seconds],
    ["awake", ({ awakeMs }) => awakeMs / 1_000 / seconds],
    ["wakes", ({ wakes }) => wakes / seconds],
    ["objects", ({ objects }) => objects],
  ];
  const used = Object.entries(reading.classes).filter(([, { objects }]) => objects > 0);
  return [
    row("a second", ...columns.map(([name]) => name)),
    row(...Array.from({ length: columns.length + 1 }, () => "---")),
    ...used.map(([name, usage]) => row(name, ...columns.map(([, of]) => short(of(usage))))),
    "",
  ].join("\n");
}

/** The bill, line by line, where raw data is kept for so many days. */
export function billOf(measured: Measured, keptDays: number): string {
  const { seconds, events, delivered, cpu } = measured;
  const month = monthOf(measured, keptDays);
  const lines: string[] = [];
  const sum = { cloudflare: SUBSCRIPTION_USD, neon: 0 };
  for (const [thing, amount] of Object.entries(month) as [Priced, number][]) {
    const { what, unit, unitSize, usd, included } = PRICES[thing];
    const cost = usdOf(thing, amount);
    sum[what.startsWith("Neon") ? "neon" : "cloudflare"] += cost;
    const price = `${usd} a ${unitSize === 1 ? unit : `million ${unit}`.trim()}`;
    lines.push(row(what, amountOf(amount, unit), amountOf(included, unit), price, cost.toFixed(2)));
  }
  return [
    row("what", "a month", "included", "price", "USD"),
    row("---", "---", "---", "---", "---"),
    row("Workers: subscription", "", "", "", SUBSCRIPTION_USD.toFixed(2)),
    ...lines,
    row("Cloudflare", "", "", "", sum.cloudflare.toFixed(2)),
    row("Neon", "", "", "", sum.neon.toFixed(2)),
    row("in all", "", "", "", (sum.cloudflare + sum.neon).toFixed(2)),
    "",
    `Measured over ${seconds.toFixed(0)} s: ${short(events / seconds)} events/s acknowledged, ${short(delivered / seconds)} messages/s to viewers.`,
    `Raw data is kept for ${keptDays} days.`,
    `The runtime used ${short(cpu.runtimeS / seconds)} of a core, and Postgres ${short(cpu.databaseS / seconds)}.`,
  ].join("\n");
}

function row(...cells: string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function amountOf(amount: number, unit: string): string {
  const million =
    amount >= 100_000 ? `${(amount / 1e6).toFixed(amount < 1e7 ? 2 : 1)} M` : short(amount);
  return `${million} ${unit}`.trim();
}

function short(value: number): string {
  if (value === 0) return "0";
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}
