import { endMsOf } from "../symbols/last-price.ts";
import type { ListedSymbol } from "../symbols/symbol-list.ts";
import type { RowFigures } from "./row-figures.ts";

type Value = number | string | null;

/** A column of the list. By its value rows are sorted, null last; without one it sorts nothing. */
export interface RowColumn {
  words: string;
  look?: string;
  value?(figures: RowFigures, listed: ListedSymbol): Value;
}

const BY_NAME = "Symbol";

export const COLUMNS: readonly RowColumn[] = [
  // What is no market's symbol stands last.
  { words: BY_NAME, value: (_, { symbol }) => (symbol.startsWith("_") ? null : symbol) },
  { words: "Last", look: "number", value: ({ last }) => last },
  { words: "Change 24 h", look: "number", value: ({ change }) => change },
  { words: "Last day", look: "trail" },
  { words: "Volume 24 h", look: "number is-wide", value: ({ volume }) => volume },
  {
    ...{ words: "Spread", look: "number is-wide" },
    value: ({ spread }) => spread && spread.ask - spread.bid,
  },
  { words: "Viewers", look: "number is-wide", value: (_, { viewers }) => viewers || null },
  { words: "Last event", look: "number is-age", value: ({ event }) => event && endMsOf(event) },
];

/** How the rows of the market stand. The browser keeps it. */
export interface RowChoice {
  /** By its words. */
  column: string;
  /** The largest first, or the last name, or the newest event. */
  isDown: boolean;
  /** Symbols that stand first. */
  favourites: readonly string[];
}

/** What was kept as `text`; by name, without a favourite, where it is nothing that this build kept. */
export function rowChoiceOf(text: string | null): RowChoice {
  try {
    const { column, isDown, favourites } = JSON.parse(text ?? "") as RowChoice;
    if (Array.isArray(favourites)) return { column, isDown, favourites };
  } catch {
    // It is none.
  }
  return { column: BY_NAME, isDown: false, favourites: [] };
}

/** After a press on the head of a column: the same again turns it. */
export function sortedBy(choice: RowChoice, column: string): RowChoice {
  const isDown = choice.column === column ? !choice.isDown : column !== BY_NAME;
  return { ...choice, column, isDown };
}

/** With the symbol among the favourites, or without it where it was. */
export function starred(choice: RowChoice, symbol: string): RowChoice {
  const { favourites } = choice;
  return {
    ...choice,
    favourites: favourites.includes(symbol)
      ? favourites.filter((one) => one !== symbol)
      : [...favourites, symbol],
  };
}

/**
 * The list as it was chosen: favourites first, and last in both directions what has no value in the column. Equals stand as in the
 * list.
 */
export function inOrder(
  list: readonly ListedSymbol[],
  { column, isDown, favourites }: RowChoice,
  figuresOf: (listed: ListedSymbol) => RowFigures,
): ListedSymbol[] {
  const value = COLUMNS.find(({ words }) => words === column)?.value;
  return list
    .map((listed) => ({
      listed,
      rank: Number(!favourites.includes(listed.symbol)),
      value: value?.(figuresOf(listed), listed) ?? null,
    }))
    .sort((a, b) => a.rank - b.rank || compare(a.value, b.value, isDown))
    .map(({ listed }) => listed);
}

function compare(a: Value, b: Value, isDown: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a === b ? 0 : a < b === isDown ? 1 : -1;
}

/** Rows that jump about cannot be read, nor hit. */
export const SORT_S = 5;

/** When rows were sorted last, and what of. */
export interface Sorted {
  choice: RowChoice;
  isLive: boolean;
  atMs: number;
  /** Where each symbol stands. */
  places: ReadonlyMap<string, number>;
}

/** Whether `count` rows are sorted anew: at a choice, where a symbol or the stream comes, and else each `SORT_S`. */
export function isUnsorted(
  last: Sorted | null,
  now: Omit<Sorted, "places">,
  count: number,
): boolean {
  return (
    last?.choice !== now.choice ||
    last.isLive !== now.isLive ||
    now.atMs - last.atMs >= SORT_S * 1_000 ||
    count > last.places.size
  );
}
