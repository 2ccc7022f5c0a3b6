/**
 * True where `text` matches `glob`: `*` stands for any run of characters, every other character for itself, and so does
 * one behind a backslash: `A\*` is the symbol `A*` and no other.
 */
export function matchesGlob(glob: string, text: string): boolean {
  const [head = "", ...rest] = literalsOf(glob);
  if (rest.length === 0) return text === head;
  if (!text.startsWith(head)) return false;
  const tail = rest.pop() ?? "";
  let at = head.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - at >= tail.length && text.endsWith(tail);
}

/** The runs of characters between the stars. */
function literalsOf(glob: string): string[] {
  if (!glob.includes("\\")) return glob.split("*");
  const literals = [""];
  for (const [part, escaped] of glob.matchAll(/\\(.)|./gsu)) {
    if (part === "*") literals.push("");
    else literals[literals.length - 1] += escaped ?? part;
  }
  return literals;
}
