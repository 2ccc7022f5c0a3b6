/** Text as it is shown to people: at most `most` characters, with a mark where it was cut, and no half of a surrogate pair. */
export function shorten(text: string, most: number): string {
  const cut = text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return cut.isWellFormed() ? cut : cut.toWellFormed();
}
