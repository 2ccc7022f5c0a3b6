/** The labels of a point in one spelling: keys sorted by code unit, so that equal label sets are equal texts. */
export function canonicalLabels(labels: Readonly<Record<string, string>> | undefined): string {
  if (labels === undefined) return "{}";
  const keys = Object.keys(labels);
  if (keys.length > 1) keys.sort();
  let text = "{";
  for (const key of keys) {
    text += `${text.length > 1 ? "," : ""}${JSON.stringify(key)}:${JSON.stringify(labels[key])}`;
  }
  return `${text}}`;
}
