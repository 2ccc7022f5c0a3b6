import type { AttributionAnswer, SymbolPnl } from "../../../src/protocol/answers/attribution.ts";
import type { Subject } from "../../data/analytics/analytics-state.ts";
import { barsOf, type Extent, extentOf } from "../../data/analytics/shapes.ts";
import {
  amountOf,
  axisOfWaterfall,
  gainsOf,
  type Step,
  waterfallOf,
} from "../../data/analytics/waterfall.ts";
import { timeText, type ZoneId } from "../../data/times/times.ts";
import { grouped } from "../../data/words/digits.ts";
import { Command, pushCommand } from "../market/command.tsx";
import type { Desk } from "../shell/desk.ts";
import { Defined } from "./defined.tsx";
import { Section } from "./section.tsx";
import { useAnalysis } from "./use-analysis.ts";

/** What each symbol made of what was held, and how all of it leads from one value to the next. */
export function Attribution({ desk, looked }: { desk: Desk; looked: Subject }) {
  const { symbols, interval, from, account } = looked;
  const names = symbols.join(",");
  const answered = useAnalysis(
    desk,
    () => desk.api.attribution({ symbols: names, interval, from, account: account ?? undefined }),
    [names, interval, from, account],
  );
  return (
    <Section zone={desk.clock.zone} name="Profit and loss" answered={answered}>
      {(answer) => <Told {...{ desk, looked, answer }} />}
    </Section>
  );
}

function Told(props: { desk: Desk; looked: Subject; answer: AttributionAnswer }) {
  const { desk, looked, answer } = props;
  const gains = gainsOf(answer);
  const steps = waterfallOf(answer);
  return (
    <>
      {gains.length > 0 && (
        <div class="falls">
          <div>
            <h3>
              <Defined id="pnl">Profit and loss</Defined> of each symbol
            </h3>
            <Bars
              testId="pnl-bars"
              steps={gains}
              axis={extentOf([0, ...gains.map(({ to }) => to)])}
            />
          </div>
          {steps !== null && <Waterfall steps={steps} />}
        </div>
      )}
      {answer.by_symbol.map(
        ({ symbol, pnl }) =>
          pnl.kind !== "ok" && (
            <p key={symbol} class="hint">
              {symbol}: {reasonOf(pnl, desk.clock.zone)}
            </p>
          ),
      )}
      <NoTotal total={answer.total} />
      {gains.length === 0 && (
        <Command
          clock={desk.clock}
          command={pushCommand(window.location.origin, "/api/positions", {
            ...{ symbol: looked.symbols[0], quantity: 10, avg_price: 100 },
            account: looked.account ?? "desk",
          })}
        />
      )}
    </>
  );
}

function Waterfall({ steps }: { steps: readonly Step[] }) {
  const axis = axisOfWaterfall(steps);
  return (
    <div>
      <h3>
        <Defined id="value">Value</Defined> of the positions, with{" "}
        <Defined id="net_flow">net flow</Defined>
      </h3>
      <p class="dim">
        What is held of these symbols, at their prices. The market's card has portfolio_value, as it
        is pushed.
      </p>
      <Bars testId="waterfall" steps={steps} axis={axis} />
      {(axis.low > 0 || axis.high < 0) && (
        <p class="dim">
          The axis goes from {grouped(axis.low, 0)} to {grouped(axis.high, 0)}, not from 0.
        </p>
      )}
    </div>
  );
}

function Bars(props: { testId: string; steps: readonly Step[]; axis: Extent }) {
  const { testId, steps, axis } = props;
  const bars = barsOf(
    steps.map(({ from, to }) => [from, to]),
    axis,
  );
  return (
    <ul class="bars" data-testid={testId}>
      {steps.map(({ label, kind, from, to }, at) => (
        <li key={at}>
          <span>{label}</span>
          <span class="bar" aria-hidden="true">
            <i
              class={kind === "gain" && to < from ? "is-loss" : `is-${kind}`}
              style={{
                left: `${bars[at]?.leftPercent}%`,
                width: `max(1px, ${bars[at]?.widthPercent}%)`,
              }}
            />
          </span>
          <b class="number">{grouped(amountOf({ kind, from, to }), 2)}</b>
        </li>
      ))}
    </ul>
  );
}

/** Why all symbols together have no value; what a symbol lacks is said of it. */
function NoTotal({ total }: { total: AttributionAnswer["total"] }) {
  switch (total.kind) {
    case "ok":
    case "no_position":
      return null;
    case "incomplete":
      return <p class="hint">There is no sum of all without {total.symbols.join(", ")}.</p>;
    case "too_large":
      return <p class="hint">The sum of all is beyond what can be told to the cent.</p>;
    default:
      return total satisfies never;
  }
}

function reasonOf(pnl: SymbolPnl, zone: ZoneId): string {
  switch (pnl.kind) {
    case "ok":
      return "";
    case "no_position":
      return "nobody has pushed a position of it for this account.";
    case "no_price":
      return `something was held before its first close, at ${timeText("dateMinute", pnl.ts / 1_000, zone)}.`;
    case "too_large":
      return "an amount is beyond what can be told to the cent.";
    default:
      return pnl satisfies never;
  }
}
