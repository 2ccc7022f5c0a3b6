import { useMemo } from "preact/hooks";
import { INTERVALS, type Interval } from "../../../src/protocol/words/interval.ts";
import {
  type AnalyticsState,
  analyticsOf,
  pathOfAnalytics,
  REACHES,
  type Subject,
} from "../../data/analytics/analytics-state.ts";
import { pricedOf, tradedMost } from "../../data/symbols/traded-most.ts";
import { offeredSymbols, typedSymbols } from "../../data/symbols/typed-symbols.ts";
import { keptCloses } from "../../feed/analytics/closes.ts";
import type { SymbolsView } from "../../feed/symbols/symbols-watch.ts";
import { Field } from "../explore/field.tsx";
import { Command, pushCommand } from "../market/command.tsx";
import type { Desk } from "../shell/desk.ts";
import { navigate } from "../shell/link.tsx";
import { TopBar } from "../shell/top-bar.tsx";
import { Choice } from "../symbol/choice.tsx";
import { Attribution } from "./attribution.tsx";
import { Correlations } from "./correlations.tsx";
import { Orders } from "./orders.tsx";
import { Risk } from "./risk.tsx";

/** So many are looked at where nobody has chosen. */
const USUAL_SYMBOLS = 9;

/** Correlation, profit and loss, risk and orders of some symbols. All that is chosen stands in the address. */
export function AnalyticsPage({ desk, search }: { desk: Desk; search: string }) {
  const { api, clock, symbols: listed } = desk;
  const closes = useMemo(() => keptCloses(api), [api]);
  const state = analyticsOf(search);
  const wanted = state.symbols.length > 0 ? state.symbols : tradedMost(listed.list, USUAL_SYMBOLS);
  const priced = pricedOf(listed.list).length;
  const strangers = strangersOf(
    state.subject === null ? wanted : [...wanted, state.subject],
    listed,
  );
  const become = (change: Partial<AnalyticsState>) =>
    navigate(pathOfAnalytics({ ...state, ...change }));
  // What nobody has pushed keeps no answer from the others.
  const symbols = wanted.filter((symbol) => !strangers.includes(symbol));
  const subject = [state.subject, ...symbols].find(
    (one) => one !== null && !strangers.includes(one),
  );
  const looked: Subject | null =
    subject == null ? null : { ...state, symbols, subject, from: `now-${state.reach}` };
  const unpushed = strangers[0] ?? (looked === null && listed.known ? "ACME" : undefined);
  return (
    <div class="page">
      <TopBar {...{ desk, page: "analytics" }} />
      <main class="desk-page is-analytics">
        <h1>Analytics</h1>
        <Choices
          {...{ desk, state }}
          symbols={wanted}
          subject={state.subject ?? wanted[0]}
          onChange={become}
        />
        {state.symbols.length === 0 && wanted.length < priced && (
          <p class="hint">
            The {wanted.length} with the largest turnover in 24 h, of {priced} that have a price.
          </p>
        )}
        {unpushed !== undefined && (
          <div class="unpushed">
            <p class="hint">
              Nobody has pushed {strangers.join(", ") || "a price"}, or the token is not for it.
              This pushes a first trade, from the project's folder:
            </p>
            <Command
              clock={clock}
              command={pushCommand(window.location.origin, "/api/trades", {
                ...{ symbol: unpushed, price: 101.25, size: 20, side: "buy" },
              })}
            />
          </div>
        )}
        {looked !== null && (
          <>
            <Correlations {...{ desk, looked, closes }} />
            {symbols.length > 0 && <Attribution {...{ desk, looked }} />}
            <Risk {...{ desk, looked, closes }} />
            <Orders {...{ desk, looked }} />
          </>
        )}
      </main>
    </div>
  );
}

/** Those of the symbols that the server does not know; none while it may know more than it says. */
function strangersOf(symbols: readonly string[], { list, known, isWhole }: SymbolsView): string[] {
  if (!known || !isWhole) return [];
  const listed = new Set<string>(list.map(({ symbol }) => symbol));
  return [...new Set(symbols)].filter((one) => !listed.has(one));
}

function Choices(props: {
  desk: Desk;
  state: AnalyticsState;
  symbols: readonly string[];
  subject: string | undefined;
  onChange(change: Partial<AnalyticsState>): void;
}) {
  const { desk, state, symbols, subject, onChange } = props;
  const { list } = desk.symbols;
  return (
    <div class="explore-bar desk-form">
      <Choice
        label="How far back"
        options={REACHES}
        chosen={state.reach}
        onChoose={(reach) => onChange({ reach })}
      />
      <label>
        <span>Interval</span>
        <select
          class="field"
          value={state.interval}
          onChange={(event) => onChange({ interval: event.currentTarget.value as Interval })}
        >
          {INTERVALS.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <Field
        {...{ id: "analytics", label: "Symbols", value: symbols.join(",") }}
        offers={(typed, most) => offeredSymbols(list, typed, most)}
        onCommit={(text) => onChange({ symbols: typedSymbols(text) })}
      />
      <Field
        {...{ id: "analytics", label: "Risk and orders of", value: subject ?? "" }}
        offers={(typed, most) => offeredSymbols(list, typed, most)}
        onCommit={(text) => onChange({ subject: text || null })}
      />
      <Field
        {...{ id: "analytics", label: "Account", value: state.account ?? "", hint: "all" }}
        onCommit={(text) => onChange({ account: text || null })}
      />
    </div>
  );
}
