/** Names, or keys, asked for at a time. */
export const A_PAGE = 1_000;

/** All that `read` gives behind `from`, a page at a time. A page that is not full is the last. */
export async function* pages<Name extends string>(
  read: (after: Name | "") => Promise<Name[]>,
  from: Name | "" = "",
): AsyncGenerator<Name[]> {
  let after = from;
  for (;;) {
    const page = await read(after);
    if (page.length > 0) yield page;
    after = page.at(-1) ?? after;
    if (page.length < A_PAGE) return;
  }
}
