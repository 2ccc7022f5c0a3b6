/** The colour of a gain; none for what is none. */
export function signClass(change: number | null): string {
  return change === null || change === 0 ? "" : change > 0 ? "is-up" : "is-down";
}

/** The colour of a relative change as it is written, to the hundredth of a per cent. */
export function changeClass(change: number | null): string {
  return signClass(change === null ? null : Math.round(change * 1e4));
}
