/** What the bundler knows of its modules. */
export interface Graph {
  getModuleInfo(id: string): {
    importers: readonly string[];
    dynamicImporters: readonly string[];
  } | null;
}

/** Whether each page needs this module, or more than one does: it is of the script that all of them load. */
export function isOfEveryPage(id: string, graph: Graph): boolean {
  const begins = beginsOf(id, graph);
  return begins.size > 1 || [...begins].some((each) => each.endsWith("/index.html"));
}

/** Where scripts begin that would have this module if none were shared: with what no other module imports at once. */
function beginsOf(id: string, graph: Graph, seen = new Set<string>()): Set<string> {
  if (seen.has(id)) return new Set();
  seen.add(id);
  const { importers = [], dynamicImporters = [] } = graph.getModuleInfo(id) ?? {};
  const own = importers.length === 0 || dynamicImporters.length > 0 ? [id] : [];
  return new Set([...own, ...importers.flatMap((each) => [...beginsOf(each, graph, seen)])]);
}
