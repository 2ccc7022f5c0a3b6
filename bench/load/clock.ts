/** The machine's monotonic clock in microseconds: the same in every process, so stamps of one can be read in another. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint()) / 1_000;
}
