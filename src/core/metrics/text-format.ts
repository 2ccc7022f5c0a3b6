import type { Family, Sample } from "./families.ts";

export const TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8";

/** The families that a part of the server has, told apart by these labels. */
export interface Source {
  labels: Sample["labels"];
  families: readonly Family[];
}

/**
 * Prometheus's text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/. A family of several
 * sources is one, with all their samples.
 */
export function encodeMetrics(sources: readonly Source[]): string {
  const merged = new Map<string, { head: string; lines: string[] }>();
  for (const { labels, families } of sources) {
    for (const { name, type, help, samples } of families) {
      let family = merged.get(name);
      if (family === undefined) {
        family = { head: `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`, lines: [] };
        merged.set(name, family);
      }
      for (const sample of samples) family.lines.push(lineOf(name, labels, sample));
    }
  }
  let text = "";
  for (const { head, lines } of merged.values()) {
    if (lines.length > 0) text += head + lines.join("");
  }
  return text;
}

function lineOf(name: string, labels: Source["labels"], sample: Sample): string {
  const pairs = Object.entries({ ...labels, ...sample.labels });
  const written = pairs.map(([key, value]) => `${key}="${escaped(value).replaceAll('"', '\\"')}"`);
  const set = written.length === 0 ? "" : `{${written.join(",")}}`;
  return `${name}${sample.suffix}${set} ${sample.value}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
