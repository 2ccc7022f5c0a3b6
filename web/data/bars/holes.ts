/** After so many usual steps without a point something is missing, and nothing is drawn over it. */
const STEPS_TO_A_HOLE = 3;

/**
 * How long a pause between two points may be before it is a hole, in the unit of `times` (ascending): three usual steps.
 * The usual step is the one that three of four pauses do not exceed, so that what comes at random is not cut to pieces,
 * and never less than `stepLeast`. Infinity where there are fewer than two points.
 */
export function longestPause(times: readonly number[], stepLeast: number): number {
  // Numbers of one type are sorted without a comparison of ours: there may be 100,000 bars.
  const pauses = Float64Array.from(
    { length: Math.max(0, times.length - 1) },
    (_, i) => (times[i + 1] ?? 0) - (times[i] ?? 0),
  ).sort();
  const usual = pauses[Math.floor((pauses.length - 1) * 0.75)];
  if (usual === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(usual, stepLeast) * STEPS_TO_A_HOLE;
}

/** Indexes of the points whose pause before them is longer than `longest`, ascending. */
export function holesAfter(times: readonly number[], longest: number): number[] {
  const holes: number[] = [];
  for (let i = 1; i < times.length; i++) {
    if ((times[i] ?? 0) - (times[i - 1] ?? 0) > longest) holes.push(i);
  }
  return holes;
}

/** Indexes of the points of a column that have a hole, or nothing, on either side: without a dot they are not seen. */
export function loneIndexes(column: ArrayLike<number | null | undefined>): number[] {
  const lone: number[] = [];
  let run: number[] = [];
  const end = () => {
    if (run.length === 1) lone.push(...run);
    run = [];
  };
  for (let i = 0; i < column.length; i++) {
    const value = column[i];
    if (value === null) end();
    // `undefined` is another line's moment: this line goes on over it.
    else if (value !== undefined && run.length < 2) run.push(i);
  }
  end();
  return lone;
}
