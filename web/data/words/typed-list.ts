/** What stands between the commas of a text that somebody typed. */
export function typedList(text: string): string[] {
  return text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
