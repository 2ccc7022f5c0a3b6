import type { SymbolSummary } from "../../src/protocol/answers.ts";
import type { Past, Pasts } from "../data/listed-price.ts";
import type { Api } from "./api.ts";
import type { Clock } from "./clock.ts";

const DAY_US = 86_400_000_000;
/** A list is looked through from its top; further down there are no small charts. */
const MOST_PRICED = 40;
const DAYS = 30;

/**
 * Asks for the past of each symbol of the list once, one after the other, so that it holds up nothing else: the day
 * before of what is traded, else the newest days that were imported.
 */
export function createPasts(deps: {
  api: Pick<Api, "history">;
  clock: Pick<Clock, "nowMs">;
  onPasts(pasts: Pasts): void;
}) {
  const pasts = new Map<string, Past>();
  const asked = new Set<string>();
  let running = false;

  return async function follow(
    list: readonly Pick<SymbolSummary, "symbol" | "last" | "last_interval">[],
  ): Promise<void> {
    if (running) return;
    running = true;
    for (const { symbol, last_interval: interval } of priced(list)) {
      const key = `${symbol} ${interval !== undefined}`;
      if (asked.has(key)) continue;
      asked.add(key);
      const past = interval === undefined ? await tradedPast(symbol) : await importedPast(symbol);
      if (past === "away") {
        asked.delete(key);
        break;
      }
      if (past === null) continue;
      pasts.set(symbol, past);
      deps.onPasts(new Map(pasts));
    }
    running = false;
  };

  async function tradedPast(symbol: string): Promise<Past | null | "away"> {
    const from = deps.clock.nowMs() * 1_000 - DAY_US;
    const answer = await deps.api.history(symbol, { interval: "15m", limit: 96, from });
    if (answer.kind !== "ok") return answer.kind === "failed" ? "away" : null;
    return { bars: answer.value.bars };
  }

  async function importedPast(symbol: string): Promise<Past | null | "away"> {
    const answer = await deps.api.history(symbol, { interval: "1d", limit: DAYS });
    if (answer.kind !== "ok") return answer.kind === "failed" ? "away" : null;
    return { bars: answer.value.bars };
  }
}

function priced<Line extends { last: number | null }>(list: readonly Line[]): Line[] {
  return list.filter(({ last }) => last !== null).slice(0, MOST_PRICED);
}
