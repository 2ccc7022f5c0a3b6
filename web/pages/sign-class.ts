/** The colour of a change or a gain; none for what is none. */
export function signClass(change: number | null): string {
  return change === null || change === 0 ? "" : change > 0 ? "is-up" : "is-down";
}
