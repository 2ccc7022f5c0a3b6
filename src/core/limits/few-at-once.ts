/** As many connections as a Worker may have: a query that has to wait for one does so within its own timeout. */
const AT_ONCE = 6;

/** What `read` finds for each item, in their order. */
export async function fewAtOnce<Item, Found>(
  items: readonly Item[],
  read: (item: Item) => Promise<Found>,
  atOnce = AT_ONCE,
): Promise<Found[]> {
  const all: Found[] = [];
  while (all.length < items.length) {
    const next = items.slice(all.length, all.length + atOnce);
    all.push(...(await Promise.all(next.map(read))));
  }
  return all;
}
