/** Index of the first of some names in order that is behind this one. */
export function firstAfter(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? "") > name) high = middle;
    else low = middle + 1;
  }
  return low;
}
