import {
  INTERVAL_SECONDS,
  INTERVALS,
  type Interval,
} from "../../../src/protocol/words/interval.ts";
import { MAX_LINES } from "../../data/bars/lines.ts";
import type { Bounds, PanelQuestion } from "../../data/explore/explore-state.ts";
import {
  askedAggregates,
  barLine,
  besideEachOther,
  DAY_US,
  linesOf,
  type Missing,
  type PanelAnswer,
  type PanelLine,
} from "../../data/explore/panel-lines.ts";
import type { Answer, Api } from "../api.ts";

/** Of one answer of the server at most. */
const MOST_BARS = 10_000;

/** What there is of a symbol. */
interface Found {
  stepUs: number;
  lines: readonly PanelLine[];
}

/** How the panel is to be drawn: when, in about how many points, and with yesterday beside it. */
export interface PanelView {
  bounds: Bounds;
  points: number;
  isCompared: boolean;
}

/**
 * Asks for the lines of a panel's symbols, as many as have room. Of several, one that has no such metric keeps nothing from the
 * others. One symbol is asked for after the other: the server refuses a reader who has dozens of questions wait, and there are
 * other panels.
 */
export async function askPanel(
  api: Pick<Api, "series" | "history">,
  question: PanelQuestion,
  { bounds, points, isCompared }: PanelView,
): Promise<Answer<PanelAnswer>> {
  const { of, metric, labels, agg } = question;
  const ask = async (symbol: string, earlierUs: number): Promise<Answer<Found>> => {
    const [from, to] = [bounds.fromUs - earlierUs, bounds.toUs - earlierUs];
    if (of !== "metric") {
      const { interval, stepUs } = barsOf(to - from, points);
      // The bar that `from` is in begins before.
      const query = { interval, limit: MOST_BARS, from: Math.floor(from / stepUs) * stepUs, to };
      return found(await api.history(symbol, query), (answer) => ({
        ...{ stepUs, lines: [barLine(answer, of, earlierUs)] },
      }));
    }
    const query = { symbol, metric, points, agg: askedAggregates(agg), from, to };
    return found(await api.series({ ...query, ...(labels !== "" && { labels }) }), (answer) => ({
      ...{ stepUs: answer.step_us, lines: linesOf(answer, agg, earlierUs) },
    }));
  };
  const now: Found[] = [];
  const before: Found[] = [];
  const missing: Missing[] = [];
  for (const symbol of question.symbols.slice(0, MAX_LINES)) {
    const [ofNow, ofBefore] = await Promise.all([
      ask(symbol, 0),
      isCompared ? ask(symbol, DAY_US) : null,
    ]);
    for (const [answer, answers] of [
      [ofNow, now],
      [ofBefore, before],
    ] as const) {
      if (answer === null) continue;
      if (answer.kind === "ok") answers.push(answer.value);
      else if (missingOf(answer) === null) return answer;
    }
    const what = missingOf(ofNow);
    if (what !== null) missing.push({ symbol, what });
  }
  const lines = (all: readonly Found[]) => all.flatMap((one) => one.lines);
  return {
    kind: "ok",
    value: {
      ...{ question, bounds, missing, unasked: question.symbols.slice(MAX_LINES) },
      stepUs: Math.max(0, ...[...now, ...before].map((one) => one.stepUs)),
      ...besideEachOther(lines(now), lines(before)),
    },
  };
}

/** The finest bars of which a span has at most so many. */
function barsOf(spanUs: number, points: number): { interval: Interval; stepUs: number } {
  const stepUsOf = (one: Interval) => INTERVAL_SECONDS[one] * 1e6;
  const interval = INTERVALS.find((one) => stepUsOf(one) * points >= spanUs) ?? "1d";
  return { interval, stepUs: stepUsOf(interval) };
}

function found<T>(answer: Answer<T>, of: (value: T) => Found): Answer<Found> {
  return answer.kind === "ok" ? { kind: "ok", value: of(answer.value) } : answer;
}

/** What there is none of; null where the answer is another one. */
function missingOf(answer: Answer<unknown>): Missing["what"] | null {
  if (answer.kind === "unknown") return "symbol";
  return answer.kind === "refused" && answer.status === 404 ? "metric" : null;
}
