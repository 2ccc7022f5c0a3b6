import * as z from "zod";
import { utf8Bytes } from "./utf8.ts";

/** Most characters of a symbol, and most bytes of its UTF-8. */
export const MAX_SYMBOL_CHARACTERS = 64;
export const MAX_SYMBOL_BYTES = 200;
/** Most spaces side by side: the root of an option is padded to six characters (`F     240119C00012000`). */
const MAX_SPACES = 5;

const PUNCTUATION = "._:/\\-^=&!+@#$~*()";
/** A run of letters and digits of any script, a mark standing only behind one of them, and punctuation. */
const RUN = `(?:[\\p{L}\\p{Nd}]\\p{M}*|[${PUNCTUATION}])+`;
/** Nearly every symbol is told by this, which costs little. */
const PLAIN_CHARACTER = `A-Za-z0-9${PUNCTUATION}`;
const PLAIN = new RegExp(
  `^[${PLAIN_CHARACTER}](?:[${PLAIN_CHARACTER} ]{0,${MAX_SYMBOL_CHARACTERS - 2}}[${PLAIN_CHARACTER}])?$`,
);
const TOO_MANY_SPACES = " ".repeat(MAX_SPACES + 1);
const GRAMMAR = new RegExp(`^${RUN}(?: {1,${MAX_SPACES}}${RUN})*$`, "u");
const WRONG_CHARACTER = new RegExp(`[^\\p{L}\\p{M}\\p{Nd} ${PUNCTUATION}]`, "u");
/** Letters and marks among them that nobody can see. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;
/**
 * `*` is the pattern of all symbols, a URL takes dots alone for folders, and `__proto__` is no key of an object like others.
 */
const RESERVED: ReadonlySet<string> = new Set(["*", ".", "..", "__proto__"]);

const SYSTEM_SYMBOL_NAME = "_system";

export const symbolSchema = z
  .string({ error: "must be a string" })
  .superRefine((text, context) => {
    const fault = symbolFault(text);
    if (fault !== null) context.addIssue({ code: "custom", message: fault });
  })
  .brand<"Symbol">();

/** The name of an instrument, and so of its room. */
export type SymbolName = z.infer<typeof symbolSchema>;

/** Where data about no instrument goes. */
export const SYSTEM_SYMBOL = SYSTEM_SYMBOL_NAME as SymbolName;

/** True where `text` names a symbol (SPEC C-5). */
export function isSymbol(text: string): text is SymbolName {
  return symbolFault(text) === null;
}

/**
 * Why no symbol can match `glob`, in which `*` is any run of characters and one behind a backslash itself, as what follows its name in a
 * message; null where one can.
 */
export function globFault(glob: string): string | null {
  const faultWith = (run: string) =>
    symbolFault(glob.replaceAll(/\\(.)|\*+/gsu, (_, escaped?: string) => escaped ?? run));
  // No mark makes one character with a "q". What is as long as a symbol may be has room for nothing.
  return faultWith("") === null ? null : faultWith("q");
}

/** Why `text` is no symbol, as what follows its name in a message; null where it is one. */
export function symbolFault(text: string): string | null {
  if (PLAIN.test(text) && !RESERVED.has(text) && !text.includes(TOO_MANY_SPACES)) return null;
  if (!text.isWellFormed()) return "must not hold half of a surrogate pair";
  // Two code units make a character at most: what is longer need not be looked at.
  if (text === "" || text.length > 2 * MAX_SYMBOL_CHARACTERS || isTooLong(text)) {
    return `must be 1 to ${MAX_SYMBOL_CHARACTERS} characters, and at most ${MAX_SYMBOL_BYTES} bytes of UTF-8`;
  }
  if (RESERVED.has(text)) return `must not be ${text} alone, which means something else`;
  const wrong = WRONG_CHARACTER.exec(text)?.[0] ?? INVISIBLE.exec(text)?.[0];
  if (wrong !== undefined) {
    return `must not hold ${nameOf(wrong)}: a symbol is letters, digits, any of . _ : / - ^ = & ! + @ # $ ~ * ( ) and spaces inside, for example BTC-USD`;
  }
  if (text.normalize("NFC") !== text) {
    return `must be in Unicode's normal form C: ${JSON.stringify(text.normalize("NFC"))} is, and looks the same`;
  }
  if (text !== text.trim()) return "must not begin or end with a space";
  if (GRAMMAR.test(text)) return null;
  return `must have at most ${MAX_SPACES} spaces side by side, and each combining mark behind a letter or a digit`;
}

function isTooLong(text: string): boolean {
  return [...text].length > MAX_SYMBOL_CHARACTERS || utf8Bytes(text) > MAX_SYMBOL_BYTES;
}

/** A character by what it looks like where that can be seen, and by its number. */
function nameOf(character: string): string {
  const number = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) && !INVISIBLE.test(character)
    ? `${JSON.stringify(character)} (${number})`
    : number;
}
