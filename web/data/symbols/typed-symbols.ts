import { typedList } from "../words/typed-list.ts";

/** Different symbols of a text with commas between them. */
export function typedSymbols(text: string): string[] {
  return [...new Set(typedList(text).map((name) => name.normalize("NFC")))];
}

/** What a field of symbols offers: what was typed with each known symbol in place of the last one. */
export function completedSymbols(typed: readonly string[], known: readonly string[]): string[] {
  return known.map((symbol) => [...typed.slice(0, -1), symbol].join(","));
}
