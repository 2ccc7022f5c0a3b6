import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Parameters } from "./parameters.ts";

/** `symbols=A,B,C`: different ones. */
export function readSymbolList(
  parameters: Parameters,
  { min, max }: { min: number; max: number },
): SymbolName[] {
  const names = (parameters.text("symbols") ?? "").split(",").filter((name) => name !== "");
  if (names.length < min || names.length > max) {
    parameters.refuse("symbols", `must be ${min} to ${max} symbols, joined by commas`);
    return [];
  }
  if (new Set(names).size < names.length) {
    parameters.refuse("symbols", "names a symbol twice");
  }
  return names.map((name) => parameters.symbol("symbols", name));
}
