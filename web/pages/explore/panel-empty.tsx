import type { MetricNamesAnswer } from "../../../src/protocol/answers/answers.ts";
import {
  boundsOf,
  EMPTY_PANEL,
  fixed,
  type PanelQuestion,
  type Span,
} from "../../data/explore/explore-state.ts";
import { type Emptiness, metricsOf } from "../../data/explore/why-empty.ts";
import { formatMoment } from "../../data/words/format.ts";
import { labelsOfText } from "../../data/words/label-text.ts";
import { Command, pushCommand } from "../market/command.tsx";
import type { Desk } from "../shell/desk.ts";

/** So many are offered; the fields above offer all. */
const OFFERED = 12;

/** Why nothing is drawn, and what to choose or to run so that something is. */
export function PanelEmpty(props: {
  desk: Desk;
  question: PanelQuestion;
  emptiness: Emptiness;
  span: Span;
  /** The series of the first symbol; null: not known yet, or `hasNoNames`. */
  names: MetricNamesAnswer["metrics"] | null;
  hasNoNames: boolean;
  onChange(question: PanelQuestion): void;
  onSpan(span: Span): void;
}) {
  const { desk, question, emptiness, span, names, hasNoNames, onChange, onSpan } = props;
  const { clock, symbols } = desk;
  const metrics = metricsOf(names);
  const isKnown = names !== null || hasNoNames;
  const push = (symbol: string) => (
    <Command
      clock={clock}
      command={
        question.of === "metric"
          ? pushCommand(window.location.origin, "/api/metrics", {
              ...{ symbol, metric: question.metric || "cpu_load", value: 0.5 },
              ...(question.labels !== "" && { labels: labelsOfText(question.labels) }),
            })
          : pushCommand(window.location.origin, "/api/trades", {
              ...{ symbol, price: 101.25, size: 20, side: "buy" },
            })
      }
    />
  );
  const offerMetrics = (
    <Offers
      label="Metrics"
      offers={metrics}
      onChoose={(metric) => onChange({ ...question, metric, labels: "" })}
    />
  );
  return (
    <div class="explore-empty" data-testid="explore-empty">
      {told()}
    </div>
  );

  function told() {
    switch (emptiness.kind) {
      case "no_symbol":
        return symbols.list.length > 0 || !symbols.known ? (
          <>
            <p>Choose a symbol, or type some with commas between them:</p>
            <Offers
              label="Symbols"
              offers={symbols.list.map(({ symbol }) => symbol)}
              onChoose={(symbol) => onChange({ ...question, symbols: [symbol] })}
            />
          </>
        ) : (
          <>
            <p>Nothing has been pushed. This pushes a first point, from the project's folder:</p>
            {push("ACME")}
          </>
        );
      case "no_metric":
        if (!isKnown) return <p>The server is asked for the metrics of {emptiness.symbol}…</p>;
        return metrics.length > 0 ? (
          <>
            <p>Choose a metric of {emptiness.symbol}:</p>
            {offerMetrics}
          </>
        ) : (
          <>
            <p>{emptiness.symbol} has no metric. This pushes a first point:</p>
            {push(emptiness.symbol)}
          </>
        );
      case "unknown_symbol":
        return (
          <>
            <p>Nobody has pushed anything of {emptiness.symbol}. This pushes a first point:</p>
            {push(emptiness.symbol)}
          </>
        );
      case "unknown_metric":
        return (
          <>
            <p>
              {emptiness.symbol} has no {question.metric}
              {question.labels !== "" && ` with the labels ${question.labels}`}. It has:
            </p>
            {offerMetrics}
            <p>This pushes a first point:</p>
            {push(emptiness.symbol)}
          </>
        );
      case "not_told":
        return (
          <>
            <p>
              There are points in this range, but their {question.agg} cannot be told: they are too
              few, or kept as rollups alone.
            </p>
            <Offer onChoose={() => onChange({ ...question, agg: EMPTY_PANEL.agg })}>
              Show their mean
            </Offer>
          </>
        );
      case "no_points": {
        const { newestUs } = emptiness;
        if (newestUs === null) {
          return (
            <>
              <p>There are no points in this range. This pushes one:</p>
              {push(question.symbols[0] ?? "ACME")}
            </>
          );
        }
        const { fromUs, toUs } = boundsOf(span, clock.nowMs());
        return (
          <>
            <p>
              There are no points in this range. The newest is of{" "}
              {formatMoment(newestUs, clock.nowMs(), clock.zone)}.
            </p>
            <Offer onChoose={() => onSpan(fixed(newestUs - (toUs - fromUs), newestUs + 1))}>
              Show the time up to it
            </Offer>
          </>
        );
      }
      default:
        return emptiness satisfies never;
    }
  }
}

function Offers(props: {
  label: string;
  offers: readonly string[];
  onChoose(offer: string): void;
}) {
  const { label, offers, onChoose } = props;
  return (
    <ul class="offers" aria-label={label}>
      {offers.slice(0, OFFERED).map((offer) => (
        <li key={offer}>
          <Offer onChoose={() => onChoose(offer)}>{offer}</Offer>
        </li>
      ))}
    </ul>
  );
}

function Offer({ children, onChoose }: { children: string; onChoose(): void }) {
  return (
    <button class="button is-quiet" type="button" onClick={onChoose}>
      {children}
    </button>
  );
}
