import { canonicalLabels, labelsOfPairs } from "../../../src/core/events/labels.ts";

/** The labels that a text means to the server, which takes pairs or JSON; none where it means nothing. */
export function labelsOfText(text: string): Readonly<Record<string, string>> {
  const pairs = labelsOfPairs(text);
  if (pairs !== null) return pairs;
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    return {};
  }
}

/** A text that means these labels: pairs where they can be, else JSON. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => pairOf(name, value));
  return pairs.includes(null) ? JSON.stringify(labels) : pairs.join(", ");
}

/** Whether a text that somebody typed means no labels though there is one: it would be taken for none. */
export function isNoLabels(text: string): boolean {
  const labels: unknown = labelsOfText(text);
  const isObject = labels instanceof Object && !Array.isArray(labels);
  return text.trim() !== "" && !(isObject && Object.keys(labels).length > 0);
}

/** A label as a pair that means it; null where no pair can. */
export function pairOf(name: string, value: string): string | null {
  const text = `${name}:${value}`;
  const read = labelsOfPairs(text);
  return read !== null && canonicalLabels(read) === canonicalLabels({ [name]: value })
    ? text
    : null;
}
