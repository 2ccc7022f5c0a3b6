/** Trades that the rooms of a host remember together: 35 to 42 MB of heap (Node 24), of the 128 that an object has. */
export const MOST_REMEMBERED = 200_000;

/** Windows of trades of as many rooms, as far as they are to be kept small together. */
interface Trimmed {
  readonly size: number;
  trim(most: number): void;
}

/** Leaves the windows nine tenths of `most` together where they have more. The largest give way, to one size. */
export function trimWindows(windows: Iterable<Trimmed>, most = MOST_REMEMBERED): void {
  const all = [...windows];
  const total = all.reduce((sum, { size }) => sum + size, 0);
  if (total <= most) return;
  const level = levelOf(
    all.map(({ size }) => size),
    most * 0.9,
  );
  for (const window of all) window.trim(level);
}

/** The size to which these have to be cut so that they are `most` together, who are more. */
function levelOf(sizes: number[], most: number): number {
  sizes.sort((a, b) => a - b);
  let left = most;
  for (const [at, size] of sizes.entries()) {
    const share = Math.floor(left / (sizes.length - at));
    if (size > share) return share;
    left -= size;
  }
  return sizes.at(-1) ?? 0;
}
