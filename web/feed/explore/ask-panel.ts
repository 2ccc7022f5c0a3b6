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
 * others.
 */
export async function askPanel(
  api: Pick<Api, "series">,
  question: PanelQuestion,
  { bounds, points, isCompared }: PanelView,
): Promise<Answer<PanelAnswer>> {
  const { metric, labels, agg } = question;
  const symbols = question.symbols.slice(0, MAX_LINES);
  const ask = (earlierUs: number) =>
    Promise.all(
      symbols.map((symbol) =>
        api.series({
          ...{ symbol, metric, points, agg: askedAggregates(agg) },
          ...(labels !== "" && { labels }),
          ...{ from: bounds.fromUs - earlierUs, to: bounds.toUs - earlierUs },
        }),
      ),
    );
  const [now, before] = await Promise.all([ask(0), isCompared ? ask(DAY_US) : []]);
  const failure = [...now, ...before].find((one) => one.kind !== "ok" && missingOf(one) === null);
  if (failure !== undefined && failure.kind !== "ok") return failure;
  const answers = valuesOf(now);
  const lines = (of: readonly SeriesAnswer[], laterUs: number) =>
    of.flatMap((answer) => linesOf(answer, agg, laterUs));
  return {
    kind: "ok",
    value: {
      ...{ question, bounds },
      stepUs: Math.max(0, ...[...answers, ...valuesOf(before)].map((answer) => answer.step_us)),
      ...besideEachOther(lines(answers, 0), lines(valuesOf(before), DAY_US)),
      missing: now.flatMap((answer, at): Missing[] => {
        const what = missingOf(answer);
        return what === null ? [] : [{ symbol: symbols[at] ?? "", what }];
      }),
      unasked: question.symbols.slice(MAX_LINES),
    },
  };
}

/** What there is none of; null where the answer is another one. */
function missingOf(answer: Answer<unknown>): Missing["what"] | null {
  if (answer.kind === "unknown") return "symbol";
  return answer.kind === "refused" && answer.status === 404 ? "metric" : null;
}

function valuesOf<T>(answers: readonly Answer<T>[]): T[] {
  return answers.flatMap((answer) => (answer.kind === "ok" ? [answer.value] : []));
}
