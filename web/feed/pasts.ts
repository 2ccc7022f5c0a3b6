import type { Past, Pasts } from "../data/listed-price.ts";
import type { Api } from "./api.ts";
import type { Clock } from "./clock.ts";

const DAY_US = 86_400_000_000;
/** A list is looked through from its top; further down the small chart begins when the page was opened. */
const MOST_TRADED = 40;
/** Of those without a trade, as many are asked whether bars of them were imported. */
const MOST_UNTRADED = 100;
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
    list: readonly { symbol: string; last: number | null }[],
  ): Promise<void> {
    if (running) return;
    running = true;
    const traded = list.filter(({ last }) => last !== null).slice(0, MOST_TRADED);
    const untraded = list.filter(({ symbol, last }) => last === null && symbol[0] !== "_");
    // A price that is missing is missed more than the way it took.
    const wanted = [...untraded.slice(0, MOST_UNTRADED), ...traded];
    for (const { symbol, last } of wanted) {
      const key = `${symbol} ${last === null}`;
      if (asked.has(key)) continue;
      asked.add(key);
      const past = last === null ? await importedPast(symbol) : await tradedPast(symbol);
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
    return { bars: answer.value.bars, imported: null };
  }

  async function importedPast(symbol: string): Promise<Past | null | "away"> {
    const answer = await deps.api.history(symbol, { interval: "1d", limit: DAYS });
    if (answer.kind !== "ok") return answer.kind === "failed" ? "away" : null;
    const { bars } = answer.value;
    const [before, newest] = [bars.at(-2), bars.at(-1)];
    if (newest === undefined) return null;
    return {
      bars,
      imported: { last: newest.close, before: before?.close ?? null, dayUs: newest.ts },
    };
  }
}
