/** A page of the dashboard and every script that it may load, by name; without a page of its own, the entry's. */
export type PageScripts = { page: string; scripts: readonly string[] };

const STATIC_IMPORT = /(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g;
const WORKER = /\.register\(\s*["'`]\/([^"'`]+\.js)["'`]/g;
const DYNAMIC_IMPORT = /import\(\s*["'`]\.\/([^"'`]+\.js)["'`]\s*\)/g;

/**
 * What the built `scripts`, text by name, load together: the entry is there first, and asks for one script a page. What that
 * script asks for later, such as a form that is opened, counts with it. The service worker counts with each page: whichever is opened first brings it.
 */
export function pagesOf(scripts: ReadonlyMap<string, string>, entry: string): PageScripts[] {
  const first = reached(scripts, new Set([entry]), new Set(), [STATIC_IMPORT, WORKER]);
  const pages = new Set(namedIn(scripts.get(entry) ?? "", DYNAMIC_IMPORT));
  return [
    { page: entry, scripts: [...first] },
    ...[...pages].map((page) => {
      // What the entry asks for are the other pages.
      const own = reached(scripts, new Set([page]), first, [STATIC_IMPORT, DYNAMIC_IMPORT]);
      return { page, scripts: [...first, ...own] };
    }),
  ];
}

/** Every script that is reached from `begun` by these kinds of imports, and not in `known`; `begun` among them. */
function reached(
  scripts: ReadonlyMap<string, string>,
  begun: ReadonlySet<string>,
  known: ReadonlySet<string>,
  kinds: readonly RegExp[],
): Set<string> {
  const found = new Set(begun);
  // What is added meanwhile is passed over as well.
  for (const name of found) {
    const source = scripts.get(name);
    if (source === undefined) throw new Error(`${name} is imported and was not built`);
    const next = kinds.flatMap((kind) => namedIn(source, kind));
    for (const each of next) if (!known.has(each)) found.add(each);
  }
  return found;
}

function namedIn(source: string, kind: RegExp): string[] {
  return [...source.matchAll(kind)].map(([, name]) => name ?? "");
}
