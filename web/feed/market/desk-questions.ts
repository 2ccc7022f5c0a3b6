import type { SeriesColumns } from "../../../src/protocol/answers/answers.ts";
import type { AttributionAnswer } from "../../../src/protocol/answers/attribution.ts";
import { DESK_METRICS } from "../../data/market/desk-cards.ts";
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

/** Asks what the symbols have made since `fromUs`, some of them at once. */
export async function askDayGains(
  api: Pick<Api, "attribution">,
  symbols: readonly string[],
  fromUs: number,
): Promise<Answer<AttributionAnswer[]>> {
  const answers: AttributionAnswer[] = [];
  for (let at = 0; at < symbols.length; at += MOST_SYMBOLS) {
    const answer = await api.attribution({
      ...{ symbols: symbols.slice(at, at + MOST_SYMBOLS).join(","), account: undefined },
      ...{ interval: "1m", from: String(fromUs) },
    });
    if (answer.kind !== "ok") return answer;
    answers.push(answer.value);
  }
  return { kind: "ok", value: answers };
}
