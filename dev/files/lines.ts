/**
 * Lines of a text that comes in pieces. A line ends at a line feed and nowhere else: JSON may have U+2028 in its texts, at
 * which `node:readline` ends one too.
 */
export async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of text) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield trimmed(line);
  }
  if (rest !== "") yield trimmed(rest);
}

/** Without a carriage return, and without the mark of byte order that a joined file has in its midst. */
function trimmed(line: string): string {
  return line.replace(/^\uFEFF/, "").replace(/\r$/, "");
}
