/** One file becomes another, which is written over. */
export type Renaming = { from: string; to: string };

/**
 * What to rename, first to last, where `path` is full and `mostFiles` may be there: itself, `path.1` before it, and so on. The oldest
 * goes.
 */
export function rotation(path: string, mostFiles: number): Renaming[] {
  const name = (age: number) => (age === 0 ? path : `${path}.${age}`);
  return Array.from({ length: mostFiles - 1 }, (_, at) => mostFiles - 2 - at).map((age) => ({
    ...{ from: name(age), to: name(age + 1) },
  }));
}
