/** The parts we read of a CPU profile (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile). */
export type CpuProfile = {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
};

export type Share = { name: string; selfMs: number };

/** Time in each function itself, longest first; and the same added up by the module it came from. */
export function selfTimes(
  profile: CpuProfile,
  moduleAt: (line: number) => string,
): { functions: Share[]; modules: Share[] } {
  const byNode = new Map<number, number>();
  profile.samples.forEach((node, index) => {
    byNode.set(node, (byNode.get(node) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1_000);
  });
  const functions = new Map<string, number>();
  const modules = new Map<string, number>();
  for (const { id, callFrame } of profile.nodes) {
    const selfMs = byNode.get(id) ?? 0;
    if (selfMs === 0) continue;
    const isOurs = callFrame.url !== "" && callFrame.lineNumber >= 0;
    const module = isOurs ? moduleAt(callFrame.lineNumber + 1) : "(the runtime)";
    const name = `${callFrame.functionName || "(anonymous)"}  ${isOurs ? `${module}:${callFrame.lineNumber + 1}` : ""}`;
    functions.set(name, (functions.get(name) ?? 0) + selfMs);
    modules.set(module, (modules.get(module) ?? 0) + selfMs);
  }
  return { functions: sorted(functions), modules: sorted(modules) };
}

/** esbuild writes the path of each module as a comment above its code. */
export function moduleFinder(bundle: string): (line: number) => string {
  const starts = bundle.split("\n").flatMap((text, index) => {
    const path = /^\/\/ (\S+\.[cm]?[jt]s)$/.exec(text)?.[1];
    return path === undefined ? [] : [{ line: index + 1, path }];
  });
  return (line) =>
    starts.findLast((start) => start.line <= line)?.path ?? "(before the first module)";
}

function sorted(times: Map<string, number>): Share[] {
  return Array.from(times, ([name, selfMs]) => ({ name, selfMs })).sort(
    (a, b) => b.selfMs - a.selfMs,
  );
}
