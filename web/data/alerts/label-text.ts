/**
 * Labels as one types them: `venue=X, side=buy`. A name or a value that has one of `, = "`, or a blank at an end, stands in quotes as JSON has it:
 * `venue="a, b"`.
 */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${wordOf(name)}=${wordOf(value)}`)
    .join(", ");
}

function wordOf(text: string): string {
  return /[,="\n]|^\s|\s$/.test(text) ? JSON.stringify(text) : text;
}

/** A word in quotes, or one without commas; a name in quotes ends at its quote. */
const WORD = /\s*("(?:[^"\\]|\\.)*"|[^,=]*)\s*/y;
const VALUE = /\s*("(?:[^"\\]|\\.)*"(?=\s*(?:,|$))|[^,]*)\s*/y;

/** The labels of such a text; what has no `=` is a name without a value, and the server says so. */
export function labelsIn(text: string): Record<string, string> {
  const labels: [string, string][] = [];
  for (let at = 0; at < text.length; at += 1) {
    const name = wordAt(WORD, text, at);
    const hasValue = text[name.end] === "=";
    const value = hasValue ? wordAt(VALUE, text, name.end + 1) : { word: "", end: name.end };
    if (name.word !== "" || hasValue) labels.push([name.word, value.word]);
    at = text.indexOf(",", value.end);
    if (at < 0) break;
  }
  return Object.fromEntries(labels);
}

function wordAt(pattern: RegExp, text: string, at: number): { word: string; end: number } {
  pattern.lastIndex = at;
  const found = pattern.exec(text)?.[1] ?? "";
  return { word: unquoted(found.trim()), end: pattern.lastIndex };
}

function unquoted(word: string): string {
  if (!word.startsWith('"')) return word;
  try {
    return JSON.parse(word) as string;
  } catch {
    return word;
  }
}
