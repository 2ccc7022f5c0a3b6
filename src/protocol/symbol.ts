import * as z from "zod";

/** Grammar of a symbol: a letter or digit, then up to 63 of letters, digits and `._:/-`. */
export const SYMBOL_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;

const SYSTEM_SYMBOL_NAME = "_system";

export const symbolSchema = z
  .string({ error: "must be a string" })
  .refine((text) => text === SYSTEM_SYMBOL_NAME || SYMBOL_PATTERN.test(text), {
    error:
      "must be 1 to 64 letters, digits or any of . _ : / - and begin with a letter or a digit, for example BTC-USD",
  })
  .brand<"Symbol">();

/** The name of an instrument, and so of its room. */
export type SymbolName = z.infer<typeof symbolSchema>;

/** Where data about no instrument goes. It is the one symbol outside the grammar, so no producer takes it by chance. */
export const SYSTEM_SYMBOL = SYSTEM_SYMBOL_NAME as SymbolName;

/** True where `text` names a symbol. */
export function isSymbol(text: string): text is SymbolName {
  return text === SYSTEM_SYMBOL_NAME || SYMBOL_PATTERN.test(text);
}
