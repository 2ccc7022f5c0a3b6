const offsetUs = Number(process.hrtime.bigint()) / 1_000 - performance.now() * 1_000;

/** The machine's monotonic clock in microseconds: the same in every process, so stamps of one can be read in another. */
export function monotonicUs(): number {
  return performance.now() * 1_000 + offsetUs;
}
