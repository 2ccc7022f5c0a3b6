import type { Env } from "../bindings/env.ts";
import { configOf } from "../config.ts";
import { DescriptorBudget } from "../core/limits/descriptor-budget.ts";
import { hostsElsewhere } from "../core/placement/ownership.ts";

/** One an isolate, which on one machine is all of a runtime. Null: this platform has no such limit. */
const budgets = new WeakMap<Env, DescriptorBudget | null>();

/** What this runtime has open, where it has a limit (SPEC L-20). */
export function descriptorsOf(env: Env): DescriptorBudget | null {
  const known = budgets.get(env);
  if (known !== undefined) return known;
  const { DESCRIPTORS: folder } = env;
  const { RUNTIME_DESCRIPTORS: limit, ROOM_HOSTS, RUNTIMES, RUNTIME } = configOf(env);
  const relays = hostsElsewhere(ROOM_HOSTS, RUNTIMES, RUNTIME);
  const budget =
    limit === undefined || folder === undefined
      ? null
      : new DescriptorBudget({
          limit,
          relays,
          count: () => entriesIn(folder),
          nowMs: () => Date.now(),
        });
  budgets.set(env, budget);
  return budget;
}

/** The runtime lists a folder as JSON: an entry for each descriptor. */
async function entriesIn(folder: Fetcher): Promise<number> {
  const answer = await folder.fetch("http://descriptors/");
  return ((await answer.json()) as unknown[]).length;
}
