/** A series as people write it: `latency{venue="X"}`, labels by name. */
export function seriesText({
  metric,
  labels = {},
}: {
  metric: string;
  labels?: Readonly<Record<string, string>> | undefined;
}): string {
  const names = Object.keys(labels).sort();
  if (names.length === 0) return metric;
  return `${metric}{${names.map((name) => `${name}=${JSON.stringify(labels[name])}`).join(",")}}`;
}
