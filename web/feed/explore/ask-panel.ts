import type { SeriesAnswer } from "../../../src/protocol/answers/answers.ts";
import { MAX_LINES } from "../../data/bars/lines.ts";
import type { Bounds, PanelQuestion } from "../../data/explore/explore-state.ts";
import {
  askedAggregates,
  besideEachOther,
  DAY_US,
  linesOf,
  type Missing,
  type PanelAnswer,
} from "../../data/explore/panel-lines.ts";
import type { Answer, Api } from "../api.ts";

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
  api: Pick<Api, "series">,
  question: PanelQuestion,
  { bounds, points, isCompared }: PanelView,
): Promise<Answer<PanelAnswer>> {
  const { metric, labels, agg } = question;
  const ask = (symbol: string, earlierUs: number) =>
    api.series({
      ...{ symbol, metric, points, agg: askedAggregates(agg) },
      ...(labels !== "" && { labels }),
      ...{ from: bounds.fromUs - earlierUs, to: bounds.toUs - earlierUs },
    });
  const now: SeriesAnswer[] = [];
  const before: SeriesAnswer[] = [];
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
  const lines = (of: readonly SeriesAnswer[], laterUs: number) =>
    of.flatMap((answer) => linesOf(answer, agg, laterUs));
  return {
    kind: "ok",
    value: {
      ...{ question, bounds, missing, unasked: question.symbols.slice(MAX_LINES) },
      stepUs: Math.max(0, ...[...now, ...before].map((answer) => answer.step_us)),
      ...besideEachOther(lines(now, 0), lines(before, DAY_US)),
    },
  };
}

/** What there is none of; null where the answer is another one. */
function missingOf(answer: Answer<unknown>): Missing["what"] | null {
  if (answer.kind === "unknown") return "symbol";
  return answer.kind === "refused" && answer.status === 404 ? "metric" : null;
}
