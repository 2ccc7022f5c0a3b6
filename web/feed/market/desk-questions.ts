import type { SeriesColumns } from "../../../src/protocol/answers/answers.ts";
import type { AttributionAnswer } from "../../../src/protocol/answers/attribution.ts";
import { type DayGain, DESK_METRICS, dayGain } from "../../data/market/desk-cards.ts";
import type { Answer, Api, Failure } from "../api.ts";

/** The series of `_system` that tell of the desk. */
export type DeskSeries = Record<keyof typeof DESK_METRICS, readonly SeriesColumns[]>;

const MINUTE_US = 60e6;
const QUARTER_US = 15 * MINUTE_US;
const NOT_FOUND = 404;
/** Most symbols of one question. */
const MOST_SYMBOLS = 50;

/** Asks for the lines of the cards: a day of the value, an hour of what moves faster. */
export async function askDeskSeries(
  api: Pick<Api, "series">,
  nowMs: number,
): Promise<Answer<DeskSeries>> {
  const ask = async (metric: string, agg: string, step: string, stepUs: number, back: number) => {
    const from = (Math.floor((nowMs * 1_000) / stepUs) - back) * stepUs;
    return await api.series({ metric, symbol: "_system", from, step, agg });
  };
  const { value, orders, latency } = DESK_METRICS;
  const answers = await Promise.all([
    ask(value, "last", "15m", QUARTER_US, 96),
    ask(orders, "last", "1m", MINUTE_US, 60),
    ask(latency, "p99", "1m", MINUTE_US, 60),
  ]);
  const series: (readonly SeriesColumns[])[] = [];
  for (const answer of answers) {
    if (answer.kind === "ok") series.push(answer.value.series);
    // Nobody has pushed the metric, or anything without a symbol.
    else if (isUnknown(answer)) series.push([]);
    else return answer;
  }
  const [values = [], rates = [], latencies = []] = series;
  return { kind: "ok", value: { value: values, orders: rates, latency: latencies } };
}

function isUnknown(answer: Failure): boolean {
  return answer.kind === "unknown" || (answer.kind === "refused" && answer.status === NOT_FOUND);
}

/** Asks what the symbols have made since `fromUs`, until `toUs` or now, some of them at once. */
export async function askDayGains(
  api: Pick<Api, "attribution">,
  symbols: readonly string[],
  fromUs: number,
  toUs?: number,
): Promise<Answer<DayGain>> {
  const answers: AttributionAnswer[] = [];
  for (let at = 0; at < symbols.length; at += MOST_SYMBOLS) {
    const answer = await api.attribution({
      ...{ symbols: symbols.slice(at, at + MOST_SYMBOLS).join(","), account: undefined },
      ...{ interval: "1m", from: String(fromUs), to: toUs?.toString() },
    });
    if (answer.kind !== "ok") return answer;
    answers.push(answer.value);
  }
  return { kind: "ok", value: dayGain(answers) };
}

/** How far apart the gains of a day are: not more questions for more symbols, so that a day takes a dozen at most. */
export function trailStepUs(symbolCount: number): number {
  return 7_200e6 * Math.ceil(symbolCount / MOST_SYMBOLS);
}

/** Asks what the symbols had made of the day at each step that is over, oldest first, from 0 at `fromUs` on. */
export async function askDayTrail(
  api: Pick<Api, "attribution">,
  symbols: readonly string[],
  fromUs: number,
  nowUs: number,
): Promise<Answer<number[]>> {
  const stepUs = trailStepUs(symbols.length);
  const trail = [0];
  for (let toUs = fromUs + stepUs; toUs < nowUs; toUs += stepUs) {
    const answer = await askDayGains(api, symbols, fromUs, toUs);
    if (answer.kind !== "ok") return answer;
    const { gain } = answer.value;
    if (gain !== null) trail.push(gain);
  }
  return { kind: "ok", value: trail };
}
