import type { Api } from "./api.ts";

/** The closes of each symbol over the day before, for the small charts of the list. */
export type DayTrails = ReadonlyMap<string, readonly number[]>;

const DAY_US = 86_400_000_000;
/** A list is looked through from its top; further down the small chart begins when the page was opened. */
const MAX_SYMBOLS = 40;

/** Asks for the day of each symbol of the list once, one after the other, so that it holds up nothing else. */
export function createDayTrails(deps: {
  api: Pick<Api, "history">;
  nowMs(): number;
  onTrails(trails: DayTrails): void;
}) {
  const trails = new Map<string, readonly number[]>();
  const asked = new Set<string>();
  let running = false;

  return async function follow(symbols: readonly string[]): Promise<void> {
    if (running) return;
    running = true;
    for (const symbol of symbols.slice(0, MAX_SYMBOLS)) {
      if (asked.has(symbol)) continue;
      asked.add(symbol);
      const from = deps.nowMs() * 1_000 - DAY_US;
      const answer = await deps.api.history(symbol, { interval: "15m", limit: 96, from });
      if (answer.kind !== "ok") continue;
      const closes = answer.value.bars.map((bar) => bar.close);
      trails.set(symbol, closes);
      deps.onTrails(new Map(trails));
    }
    running = false;
  };
}
