/** What stands between the commas of a text that somebody typed. */
export function typedList(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** At most `most` of the texts that hold what was typed, in any case. */
export function holding(texts: readonly string[], typed: string, most: number): string[] {
  const wanted = typed.trim().toLowerCase();
  return texts.filter((text) => text.toLowerCase().includes(wanted)).slice(0, most);
}
