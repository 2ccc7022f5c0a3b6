/** An error in words; where several addresses were tried, that of the first. */
export function errorWords(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}
