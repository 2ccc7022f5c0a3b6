import { cpus, loadavg, totalmem } from "node:os";
import { type Figure, isMet } from "./figure.ts";

export type Report = {
  takenAt: string;
  machine: { cpu: string; cores: number; memoryGiB: number; node: string; loadBefore: number };
  commit: string;
  rounds: number;
  quick: boolean;
  figures: Figure[];
  notes: string[];
};

export function machineFacts(): Report["machine"] {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadBefore: loadavg()[0] ?? 0,
  };
}

export function asMarkdown(report: Report): string {
  const { machine } = report;
  const rows = report.figures.map((figure) => {
    const { median, lowest, highest } = figure.spread;
    return `| ${figure.scenario} | ${figure.what} | ${number(median)} ${figure.unit} | ${number(lowest)} to ${number(highest)} | ${goalText(figure)} |`;
  });
  return [
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, Node ${machine.node}, generator and server together; ${report.rounds} rounds${report.quick ? ", quick" : ""}; commit ${report.commit}; load before ${machine.loadBefore.toFixed(2)}.`,
    "",
    "| # | what | median | range | goal |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
    ...report.notes.map((note) => `- ${note}`),
    "",
  ].join("\n");
}

function goalText(figure: Figure): string {
  if (figure.goal === undefined) return "";
  const met = isMet(figure) ? "met" : "**missed**";
  return "atLeast" in figure.goal
    ? `at least ${number(figure.goal.atLeast)}: ${met}`
    : `at most ${number(figure.goal.atMost)}: ${met}`;
}

function number(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 2);
}
