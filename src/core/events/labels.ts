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

/** Labels as an address has them: `venue:xnas,side:buy`. Null where the text is none of that form. */
export function labelsOfPairs(text: string): Record<string, string> | null {
  const pairs = text.split(",").map((pair) => /^([^:{"]+):(.+)$/.exec(pair.trim()));
  return pairs.every((pair) => pair !== null)
    ? Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, value]))
    : null;
}
