import type { AttributionAnswer, SymbolPnl } from "../../../src/protocol/answers/attribution.ts";
import type { Subject } from "../../data/analytics/analytics-state.ts";
import { barsOf } from "../../data/analytics/shapes.ts";
import { type Step, waterfallOf } from "../../data/analytics/waterfall.ts";
import { timeText } from "../../data/times/times.ts";
import { grouped } from "../../data/words/digits.ts";
import type { Desk } from "../shell/desk.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { Command, pushCommand } from "../symbols/command.tsx";
import { AGAIN_MS, Defined } from "./defined.tsx";
import { Section } from "./section.tsx";

/** What each symbol made of what was held, and how all of it leads from one value to the next. */
export function Attribution({ desk, looked }: { desk: Desk; looked: Subject }) {
  const { symbols, interval, from, account } = looked;
  const names = symbols.join(",");
  const answered = useAnswer(
    desk,
    () => desk.api.attribution({ symbols: names, interval, from, account: account ?? undefined }),
    () => AGAIN_MS,
    [desk.api, names, interval, from, account],
  );
  return (
    <Section zone={desk.clock.zone} name="Profit and loss" answered={answered}>
      {(answer) => <Told {...{ desk, looked, answer }} />}
    </Section>
  );
}

function Told(props: { desk: Desk; looked: Subject; answer: AttributionAnswer }) {
  const { desk, looked, answer } = props;
  const known = answer.by_symbol.flatMap(({ symbol, pnl }) =>
    pnl.kind === "ok"
      ? [{ label: symbol, kind: "gain" as const, amount: pnl.pnl, from: 0, to: pnl.pnl }]
      : [],
  );
  const unknown = answer.by_symbol.filter(({ pnl }) => pnl.kind !== "ok");
  const steps = waterfallOf(answer);
  return (
    <>
      <div class="falls">
        {known.length > 0 && (
          <div>
            <h3>
              <Defined id="pnl">Profit and loss</Defined> of each symbol
            </h3>
            <Bars rows={known} testId="pnl-bars" />
          </div>
        )}
        {steps !== null && (
          <div>
            <h3>
              From <Defined id="value">value</Defined> to value, with{" "}
              <Defined id="net_flow">net flow</Defined>
            </h3>
            <Bars
              testId="waterfall"
              rows={steps.map((step) => ({
                ...step,
                amount: step.kind === "value" ? step.to : step.to - step.from,
              }))}
            />
          </div>
        )}
      </div>
      {unknown.map(({ symbol, pnl }) => (
        <p key={symbol} class="hint">
          {symbol}: {reasonOf(pnl, desk)}
        </p>
      ))}
      {known.length === 0 && (
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

function Bars(props: { rows: readonly (Step & { amount: number })[]; testId: string }) {
  const { rows, testId } = props;
  const bars = barsOf(rows.map(({ from, to }) => [from, to]));
  return (
    <ul class="bars" data-testid={testId}>
      {rows.map(({ label, kind, amount }, at) => (
        <li key={label}>
          <span>{label}</span>
          <span class="bar" aria-hidden="true">
            <i
              class={kind === "gain" && amount < 0 ? "is-loss" : `is-${kind}`}
              style={{
                left: `${bars[at]?.leftPercent}%`,
                width: `max(1px, ${bars[at]?.widthPercent}%)`,
              }}
            />
          </span>
          <b class="number">{grouped(amount, 2)}</b>
        </li>
      ))}
    </ul>
  );
}

function reasonOf(pnl: SymbolPnl, { clock }: Desk): string {
  switch (pnl.kind) {
    case "ok":
      return "";
    case "no_position":
      return "nobody has pushed a position of it for this account.";
    case "no_price":
      return `something was held before its first close, at ${timeText("dateMinute", pnl.ts / 1_000, clock.zone)}.`;
    case "too_large":
      return "an amount is beyond what can be told to the cent.";
    default:
      return pnl satisfies never;
  }
}
