import { type Draft, EMPTY_DRAFT } from "./draft.ts";

/** Characters of a rule's name. */
const MOST_NAME = 64;

/** The form that an address wants (`addressOfAlert`); null where it wants none, or what is no number. The server says what is no symbol. */
export function draftInAddress(search: string): Draft | null {
  const said = new URLSearchParams(search);
  const symbol = said.get("symbol")?.trim();
  const condition = said.has("below") ? "below" : "above";
  const bound = said.get(condition)?.trim();
  if (!symbol || !bound || !Number.isFinite(Number(bound))) return null;
  const name = `${symbol}-${condition}-${bound}`
    .replace(/[^A-Za-z0-9_.]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, MOST_NAME);
  // A star of a symbol is no pattern.
  const symbols = symbol.replaceAll("*", "\\*");
  return { ...EMPTY_DRAFT, name, symbols, subject: "price", condition, bound };
}
