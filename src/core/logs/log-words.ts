/** Longest word that is told from others; of a longer one its beginning counts. */
const MOST_WORD_CHARS = 64;
/** Words of a line that it is found by, the first ones. */
export const MOST_WORDS = 256;

const ASCII_WORD = /[a-z0-9_]+/g;
const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const ASCII = /^[\x00-\x7f]*$/;

/** A word that a line is looked for by; `isBeginning`: any word that begins so. */
export interface SearchWord {
  word: string;
  isBeginning: boolean;
}

/** Words, as search knows them (SPEC LG-7): runs of letters, digits and `_`, in lower case. */
export function wordsOf(text: string): string[] {
  const lower = text.toLowerCase();
  const words = lower.match(ASCII.test(lower) ? ASCII_WORD : WORD) ?? [];
  return words.map((word) =>
    word.length > MOST_WORD_CHARS ? word.slice(0, MOST_WORD_CHARS) : word,
  );
}

/** The words of a line, each once: those of its event, and of the values of its fields. */
export function wordsOfLine(
  event: string,
  fields: Readonly<Record<string, unknown>> | undefined,
): Set<string> {
  const words = new Set<string>();
  addWords(event, words);
  for (const name in fields) addWords(fields[name], words);
  return words;
}

function addWords(value: unknown, into: Set<string>): void {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    for (const word of wordsOf(String(value))) {
      if (into.size >= MOST_WORDS) return;
      into.add(word);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) addWords(part, into);
  }
}

/** What `q` asks for: every word of it; one with `*` behind it is a beginning. */
export function readSearch(q: string): SearchWord[] {
  return q.split(/\s+/).flatMap((term) => {
    const words = wordsOf(term);
    return words.map((word, at) => ({
      word,
      isBeginning: at === words.length - 1 && term.endsWith("*"),
    }));
  });
}

export function hasWords(words: ReadonlySet<string>, search: readonly SearchWord[]): boolean {
  return search.every(({ word, isBeginning }) =>
    isBeginning ? [...words].some((one) => one.startsWith(word)) : words.has(word),
  );
}
