import fc from "fast-check";
import { isSymbol } from "../src/protocol/words/symbol.ts";

/** Symbols that markets have, or that something on the way is likely to stumble over. */
export const HARD_SYMBOLS = [
  ...["^GSPC", "ES=F", "ES1!", "EURUSD=X", "M&M.NS", ".BXBT", "BRK.B", "BTC/USDT:USDT-241227"],
  ...[
    "AAPL  240119C00100000",
    "F     240119C00012000",
    "a b",
    "A+B",
    "A#B?".slice(0, 3),
    "~@$(x)!",
  ],
  ...[
    "貴州茅臺",
    "テスラ",
    "ЯНДЕКС",
    "رابح",
    "टाटा मोटर्स",
    "Σ-α",
    "É1",
    "𝒳-USD",
    "_x",
    "-",
    "...",
    "//",
    "**",
  ],
  ...["constructor", "toString", "%41".slice(1), "貴".repeat(64), "A".repeat(64)],
];

const UNITS = [
  ..."ABCxyz019._:/-^=&!+@#$~*() ",
  ...["  ", "é", "ß", "貴", "テ", "я", "ر", "टा", "स्", "𝒳", "٣"],
];

/** Any symbol of the grammar (SPEC C-5), mostly of what is hard to carry. */
export const anySymbol = fc
  .string({ unit: fc.constantFrom(...UNITS), minLength: 1, maxLength: 64 })
  .filter(isSymbol);
