/** Figures as `/metrics` tells them: by name, each with its labels. */
export type Figures = ReadonlyMap<string, readonly Figure[]>;

export interface Figure {
  labels: Readonly<Record<string, string>>;
  value: number;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads the text format of Prometheus 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/); what is no figure is passed over.
 */
export function readFigures(text: string): Figures {
  const figures = new Map<string, Figure[]>();
  for (const line of text.split("\n")) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const [, name = "", labels = "", value = ""] = match;
    const figure = { labels: readLabels(labels), value: numberOf(value) };
    const others = figures.get(name);
    if (others === undefined) figures.set(name, [figure]);
    else others.push(figure);
  }
  return figures;
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(LABEL)) {
    labels[name] = value.replace(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}

function numberOf(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

/** The sum over all that have these labels, perhaps among others; 0 where there is none. */
export function sumOf(figures: Figures, name: string, labels: Record<string, string> = {}): number {
  const wanted = Object.entries(labels);
  return (figures.get(name) ?? [])
    .filter((figure) => wanted.every(([key, value]) => figure.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** The largest of a name; null where there is none. */
export function largestOf(figures: Figures, name: string): number | null {
  const values = (figures.get(name) ?? []).map(({ value }) => value);
  return values.length === 0 ? null : Math.max(...values);
}

/** The sums of a name by a label, the largest first. */
export function sumsBy(figures: Figures, name: string, label: string): [string, number][] {
  const sums = new Map<string, number>();
  for (const { labels, value } of figures.get(name) ?? []) {
    const key = labels[label] ?? "";
    sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}
