import { useRef } from "preact/hooks";
import type { SharedAxis } from "../../charts/shared-axis.ts";
import {
  boundsOf,
  fixed,
  type PanelQuestion,
  type Span,
} from "../../data/explore/explore-state.ts";
import { type PanelAnswer, titleOf } from "../../data/explore/panel-lines.ts";
import { emptinessOf } from "../../data/explore/why-empty.ts";
import { askPanel } from "../../feed/explore/ask-panel.ts";
import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { useLast } from "../shell/use-last.ts";
import { PanelEmpty } from "./panel-empty.tsx";
import { PanelFoot } from "./panel-foot.tsx";
import { PanelForm } from "./panel-form.tsx";
import { type HoverPort, PanelLegend } from "./panel-legend.tsx";
import { PanelTable } from "./panel-table.tsx";
import { saveCsv, savePng } from "./save-panel.ts";
import { useChart } from "./use-chart.ts";

/** A question of Postgres for each panel: not more often than this, in ms. */
const LEAST_AGAIN_MS = 5_000;
const NAMES_AGAIN_MS = 30_000;
/** A step takes so many pixels: lines are seen as lines, and points as points. */
const STEP_PX = 2;

/** One question and its lines. Nothing to draw is never nothing to read. */
export function ExplorePanel(props: {
  desk: Desk;
  /** Of all panels. */
  axis: SharedAxis;
  number: number;
  question: PanelQuestion;
  span: Span;
  isCompared: boolean;
  onChange(question: PanelQuestion): void;
  onRemove: (() => void) | null;
  onSpan(span: Span): void;
}) {
  const { desk, axis, number, question, span, isCompared, onChange, onRemove, onSpan } = props;
  const { api, clock } = desk;
  const frame = useRef<HTMLElement>(null);
  const container = useRef<HTMLDivElement>(null);
  const hovers: HoverPort = useRef(null);
  const [symbol] = question.symbols;
  const { value: listed, failure: nameFailure } = useAnswer(
    desk,
    symbol === undefined ? null : () => api.metricNames(symbol),
    () => NAMES_AGAIN_MS,
    [api, symbol],
  );
  const names = listed?.metrics ?? null;
  const hasNoNames = nameFailure?.kind === "unknown";
  const isWhole = symbol !== undefined && (question.of !== "metric" || question.metric !== "");
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
  // What was answered to this question stays until the next answer, at whatever time it was looked at.
  const last = useLast(answered.value);
  const value = JSON.stringify(last?.question) === JSON.stringify(question) ? last : null;
  const failure = answered.failure ?? (hasNoNames ? null : nameFailure);
  const last_ts = desk.symbols.list.find((one) => one.symbol === symbol)?.last_ts ?? null;
  const dated = question.of === "metric" ? names : [{ metric: question.metric, last_ts }];
  const emptiness = emptinessOf(question, value, dated);
  const drawn = emptiness === null ? value : null;
  const chart = useChart({
    ...{
      ...{ container, axis },
      zone: clock.zone,
      hue: desk.theme.hue,
      answer: drawn,
      onHover: (hovered) => hovers.current?.(hovered),
    },
    onZoom: (fromUs, toUs) => onSpan(fixed(fromUs, toUs)),
  });
  return (
    <section
      ref={frame}
      class="explore-panel metric-pane"
      data-testid="explore-panel"
      aria-label={`Panel ${number}: ${titleOf(question)}`}
    >
      <PanelForm {...{ desk, question, number, names, onChange }} />
      <FailureWords failure={failure} />
      <div class="explore-chart" hidden={emptiness !== null}>
        <div class="metric-chart" ref={container} />
        {value === null && failure === null && <p class="metric-empty">The server is asked…</p>}
        {drawn !== null && <PanelLegend answer={drawn} hovers={hovers} zone={clock.zone} />}
        {drawn !== null && <PanelTable answer={drawn} zone={clock.zone} />}
      </div>
      {emptiness !== null && (
        <PanelEmpty {...{ desk, question, emptiness, span, names, hasNoNames, onChange, onSpan }} />
      )}
      <PanelFoot
        {...{ number, drawn, isCompared, onRemove }}
        onPng={(of) => savePng(chart.current?.canvas() ?? null, of, clock.zone)}
        onCsv={saveCsv}
      />
    </section>
  );
}
