import { useEffect, useRef, useState } from "preact/hooks";
import { createMetricChart } from "../../charts/metric-chart.ts";
import {
  boundsOf,
  fixed,
  type PanelQuestion,
  type Span,
} from "../../data/explore/explore-state.ts";
import { hasPoints, type PanelAnswer } from "../../data/explore/panel-lines.ts";
import { emptinessOf } from "../../data/explore/why-empty.ts";
import { formatSpan } from "../../data/words/format.ts";
import { askPanel } from "../../feed/explore/ask-panel.ts";
import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { PanelEmpty } from "./panel-empty.tsx";
import { PanelForm } from "./panel-form.tsx";
import { PanelLegend } from "./panel-legend.tsx";
import { saveCsv, savePng } from "./save-panel.ts";

/** A question of Postgres for each panel: not more often than this, in ms. */
const LEAST_AGAIN_MS = 5_000;
const NAMES_AGAIN_MS = 30_000;
/** A step takes so many pixels: lines are seen as lines, and points as points. */
const STEP_PX = 2;

type Chart = ReturnType<typeof createMetricChart>;

/** One question and its lines. Nothing to draw is never nothing to read. */
export function ExplorePanel(props: {
  desk: Desk;
  number: number;
  question: PanelQuestion;
  span: Span;
  isCompared: boolean;
  onChange(question: PanelQuestion): void;
  onRemove: (() => void) | null;
  onSpan(span: Span): void;
}) {
  const { desk, number, question, span, isCompared, onChange, onRemove, onSpan } = props;
  const { api, clock } = desk;
  const frame = useRef<HTMLElement>(null);
  const container = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<readonly (number | null)[] | null>(null);
  const [symbol] = question.symbols;
  const names = useAnswer(
    desk,
    symbol === undefined ? null : () => api.metricNames(symbol),
    () => NAMES_AGAIN_MS,
    [api, symbol],
  );
  const isWhole = symbol !== undefined && question.metric !== "";
  const answered = useAnswer<PanelAnswer>(
    desk,
    isWhole
      ? () => {
          const points = Math.ceil((frame.current?.clientWidth ?? 0) / STEP_PX) || 1;
          const bounds = boundsOf(span, clock.nowMs());
          return askPanel(api, question, { bounds, points, isCompared });
        }
      : null,
    ({ stepUs }) => (span.kind === "last" ? Math.max(LEAST_AGAIN_MS, stepUs / 1_000) : null),
    [api, JSON.stringify([question, span, isCompared])],
  );
  const value = useKept(answered.value, question);
  const nameFailure = names.failure?.kind === "unknown" ? null : names.failure;
  const failure = answered.failure ?? nameFailure;
  const emptiness = emptinessOf(question, value, names.value?.metrics ?? null);
  const drawn = emptiness === null ? value : null;
  const chart = useChart(container, desk, drawn, setHovered, (fromUs, toUs) =>
    onSpan(fixed(fromUs, toUs)),
  );
  const words = [question.symbols.join(", "), question.metric, question.labels, question.agg];
  const title = words.filter((word) => word !== "").join(" · ");
  return (
    <section
      ref={frame}
      class="explore-panel metric-pane"
      data-testid="explore-panel"
      aria-label={`Panel ${number}`}
    >
      <PanelForm
        {...{ desk, question, number, onChange, onRemove }}
        names={names.value?.metrics ?? null}
        onPng={drawn && (() => savePng(chart.current?.canvas() ?? null, title, drawn))}
        onCsv={drawn && (() => saveCsv(drawn))}
      />
      {failure !== null && <FailureWords failure={failure} />}
      <div class="metric-chart" ref={container} hidden={emptiness !== null} />
      {emptiness !== null && (
        <PanelEmpty
          {...{ desk, question, emptiness, span, onChange, onSpan }}
          names={names.value?.metrics ?? null}
          hasNoNames={names.failure?.kind === "unknown"}
        />
      )}
      {drawn !== null && (
        <>
          <PanelLegend answer={drawn} hovered={hovered} />
          <p class="dim explore-foot">
            a point every {formatSpan(drawn.stepUs)}
            {drawn.lineCount > drawn.lines.length &&
              `; ${drawn.lines.length} of ${drawn.lineCount} lines: choose some by labels`}
            {isCompared && !hasPoints(drawn.compared) && "; no points yesterday at this time"}
            {drawn.missing.length > 0 &&
              `; ${drawn.missing.map((one) => one.symbol).join(", ")} without this metric`}
          </p>
        </>
      )}
      {emptiness === null && value === null && failure === null && (
        <p class="metric-empty">The server is asked…</p>
      )}
    </section>
  );
}

/** What was answered last to this question, at whatever time it was looked at: it stays until the next answer comes. */
function useKept(value: PanelAnswer | null, question: PanelQuestion): PanelAnswer | null {
  const kept = useRef<PanelAnswer | null>(null);
  if (value !== null) kept.current = value;
  const last = kept.current;
  return JSON.stringify(last?.question) === JSON.stringify(question) ? last : null;
}

/** The chart in `container`, drawn anew with each answer: until the next one comes, the one of before stays. */
function useChart(
  container: { current: HTMLDivElement | null },
  desk: Desk,
  value: PanelAnswer | null,
  onHover: (values: readonly (number | null)[] | null) => void,
  onZoom: (fromUs: number, toUs: number) => void,
) {
  const chart = useRef<Chart | null>(null);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  useEffect(() => {
    if (container.current === null) return;
    const made = createMetricChart(container.current, {
      zone: desk.clock.zone,
      onHover,
      onZoom: (fromUs, toUs) => zoom.current(fromUs, toUs),
    });
    chart.current = made;
    return made.destroy;
  }, []);
  useEffect(() => {
    if (value === null) return;
    const { bounds, lines, compared, stepUs } = value;
    chart.current?.setLines(lines, bounds.toUs, bounds.toUs - bounds.fromUs, stepUs, compared);
  }, [value]);
  return chart;
}
