import { useMemo } from "preact/hooks";
import { createSharedAxis } from "../../charts/shared-axis.ts";
import { RANGE_NAMES } from "../../data/bars/ranges.ts";
import {
  boundsOf,
  EMPTY_PANEL,
  type ExploreState,
  exampleOf,
  exploreOf,
  MAX_PANELS,
  type PanelQuestion,
  pathOfExplore,
  type Span,
  scaled,
  shifted,
} from "../../data/explore/explore-state.ts";
import { timeText } from "../../data/times/times.ts";
import type { Desk } from "../shell/desk.ts";
import { navigate } from "../shell/link.tsx";
import { TopBar } from "../shell/top-bar.tsx";
import { Choice } from "../symbol/choice.tsx";
import { ExplorePanel } from "./explore-panel.tsx";

/** Any series side by side over one time. All that is chosen stands in the address. */
export function ExplorePage({ desk, search }: { desk: Desk; search: string }) {
  const { symbols } = desk;
  const state = exploreOf(search);
  const { span, isCompared } = state;
  // Stays what it is while the turnovers change.
  const example = useMemo(() => exampleOf(symbols.list), [symbols.list.length > 0]);
  const panels = state.panels.length > 0 || !symbols.known ? state.panels : [example];
  const axis = useMemo(createSharedAxis, []);
  const become = (change: Partial<ExploreState>) =>
    navigate(pathOfExplore({ ...state, panels, ...change }));
  const put = (at: number, ...next: PanelQuestion[]) =>
    become({ panels: [...panels.slice(0, at), ...next, ...panels.slice(at + 1)] });
  return (
    <div class="page">
      <TopBar {...{ desk, page: "explore" }} />
      <main class="desk-page is-wide">
        <h1>Explore</h1>
        <div class="explore-bar">
          <Choice
            label="Range up to now"
            options={RANGE_NAMES as readonly string[]}
            chosen={span.kind === "last" ? span.range : ""}
            onChoose={(range) => become({ span: { kind: "last", range } as Span })}
          />
          <Moves desk={desk} span={span} onSpan={(next) => become({ span: next })} />
          <button
            class="button is-quiet"
            type="button"
            aria-pressed={isCompared}
            onClick={() => become({ isCompared: !isCompared })}
          >
            Compare with yesterday
          </button>
          {panels.length < MAX_PANELS && (
            <button
              class="button is-quiet"
              type="button"
              onClick={() => {
                // The next panel is most often of the same symbols.
                const last = panels.at(-1) ?? EMPTY_PANEL;
                become({
                  panels: [...panels, { ...EMPTY_PANEL, symbols: last.symbols, of: last.of }],
                });
              }}
            >
              Add a panel
            </button>
          )}
        </div>
        <div class="explore-panels">
          {panels.map((question, at) => (
            <ExplorePanel
              key={at}
              number={at + 1}
              {...{ desk, axis, question, span, isCompared }}
              onChange={(next) => put(at, next)}
              onRemove={panels.length > 1 ? () => put(at) : null}
              onSpan={(next) => become({ span: next })}
            />
          ))}
        </div>
      </main>
    </div>
  );
}

/** What the range is where it does not end now, and buttons for who cannot drag. */
function Moves(props: { desk: Desk; span: Span; onSpan(span: Span): void }) {
  const { desk, span, onSpan } = props;
  const nowUs = () => desk.clock.nowMs() * 1_000;
  const bounds = () => boundsOf(span, desk.clock.nowMs());
  const moves: [string, string, () => Span][] = [
    ["Earlier", "‹", () => shifted(bounds(), -0.5, nowUs())],
    ["Zoom in", "+", () => scaled(bounds(), 0.5, nowUs())],
    ["Zoom out", "−", () => scaled(bounds(), 2, nowUs())],
    ["Later", "›", () => shifted(bounds(), 0.5, nowUs())],
  ];
  return (
    <div class="explore-moves">
      {moves.map(([words, sign, next]) => (
        <button
          key={words}
          class="icon-button"
          type="button"
          aria-label={words}
          title={words}
          onClick={() => onSpan(next())}
        >
          {sign}
        </button>
      ))}
      {span.kind === "fixed" && (
        <span class="dim" data-testid="explore-bounds">
          {[span.bounds.fromUs, span.bounds.toUs]
            .map((us) => timeText("dateClock", us / 1_000, desk.clock.zone))
            .join(" – ")}
        </span>
      )}
    </div>
  );
}
