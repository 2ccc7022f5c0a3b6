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

/** A label as a pair that means it; null where no pair can. */
export function pairOf(name: string, value: string): string | null {
  const text = `${name}:${value}`;
  const read = labelsOfPairs(text);
  return read !== null && canonicalLabels(read) === canonicalLabels({ [name]: value })
    ? text
    : null;
}
