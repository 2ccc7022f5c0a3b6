import type { SymbolSummary } from "../../../src/protocol/answers/answers.ts";

/** A symbol as the list shows it: the answer's line and what the page has seen of its price. */
export interface ListedSymbol extends SymbolSummary {
  /** Which way the price moved at the last look; `moves` counts them, so that the same way twice flashes twice. */
  direction: "up" | "down" | "same";
  moves: number;
  /** Last prices at the looks so far, oldest first. */
  trail: readonly number[];
}

/** Two minutes of looks a second apart. */
const MAX_TRAIL = 120;

/** The list after a new answer: sorted by name, `_system` last, prices compared with the look before. */
export function nextList(
  before: readonly ListedSymbol[],
  answer: readonly SymbolSummary[],
): ListedSymbol[] {
  const known = new Map(before.map((listed) => [listed.symbol, listed]));
  return answer
    .map((summary): ListedSymbol => {
      const old = known.get(summary.symbol);
      const direction = compare(old?.last ?? null, summary.last);
      return {
        ...summary,
        direction: direction === "same" ? (old?.direction ?? "same") : direction,
        moves: (old?.moves ?? 0) + (direction === "same" ? 0 : 1),
        trail: summary.last === null ? [] : [...(old?.trail ?? []), summary.last].slice(-MAX_TRAIL),
      };
    })
    .sort(byName);
}

/** The symbols whose name holds what was typed, in any case; those that begin with it come first. */
export function matching<T extends { symbol: string }>(list: readonly T[], typed: string): T[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted === "") return [...list];
  const found = list.filter((listed) => listed.symbol.toLowerCase().includes(wanted));
  const begins = (listed: T) => (listed.symbol.toLowerCase().startsWith(wanted) ? 0 : 1);
  return found.sort((a, b) => begins(a) - begins(b));
}

function compare(before: number | null, now: number | null): "up" | "down" | "same" {
  if (before === null || now === null || before === now) return "same";
  return now > before ? "up" : "down";
}

function byName(a: SymbolSummary, b: SymbolSummary): number {
  const isSystem = (each: SymbolSummary) => (each.symbol.startsWith("_") ? 1 : 0);
  return isSystem(a) - isSystem(b) || (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0);
}
