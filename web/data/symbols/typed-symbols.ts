import { typedList } from "../words/typed-list.ts";
import { matching } from "./symbol-list.ts";

/** Different symbols of a text with commas between them. */
export function typedSymbols(text: string): string[] {
  return [...new Set(typedList(text).map((name) => name.normalize("NFC")))];
}

/** At most `most` texts that what was typed may become: with each symbol of the list that fits in place of the last one. */
export function offeredSymbols(
  list: readonly { symbol: string }[],
  typed: string,
  most: number,
): string[] {
  const lastAt = typed.lastIndexOf(",") + 1;
  const before = typedSymbols(typed.slice(0, lastAt));
  return matching(list, typed.slice(lastAt))
    .slice(0, most)
    .map(({ symbol }) => [...before, symbol].join(","));
}
