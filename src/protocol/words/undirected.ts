/** Characters that turn the direction of what comes after them (Unicode 16, UAX #9, 2.1 to 2.4). */
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * A producer's text that is to stand within a sentence of ours: without what would have the rest of the sentence read backwards. Letters that
 * are written from right to left stay as they are.
 */
export function undirected(text: string): string {
  return text.replace(DIRECTIONS, "");
}
