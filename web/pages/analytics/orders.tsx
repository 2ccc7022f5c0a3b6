import type { LatencyAnswer, SlippageAnswer } from "../../../src/protocol/answers/orders.ts";
import type { Subject } from "../../data/analytics/analytics-state.ts";
import { barsOf } from "../../data/analytics/shapes.ts";
import { formatSpan, formatValue } from "../../data/words/format.ts";
import { Command, pushCommand } from "../market/command.tsx";
import type { Desk } from "../shell/desk.ts";
import { Defined } from "./defined.tsx";
import { Section } from "./section.tsx";
import { useAnalysis } from "./use-analysis.ts";

interface Found {
  latency: LatencyAnswer;
  slippage: SlippageAnswer;
  /** Orders are kept whole. */
  gone_before?: never;
}

const LEGS = {
  sent_to_acknowledged: "sent to acknowledged",
  acknowledged_to_filled: "acknowledged to filled",
  sent_to_final: "sent to over",
} as const;
const FIGURES = ["p50_us", "p90_us", "p99_us", "max_us"] as const;
const UNKNOWN = {
  no_fill: "without a fill",
  no_side: "without a side",
  no_price: "without a price",
  no_book: "without a book when they were sent",
} as const;

/** How long the orders of one symbol took, leg by leg, and what they cost against the book. */
export function Orders({ desk, looked }: { desk: Desk; looked: Subject }) {
  const { subject: symbol, from, account } = looked;
  const query = { from, account: account ?? undefined };
  const answered = useAnalysis<Found>(desk, async () => {
    const [latency, slippage] = await Promise.all([
      desk.api.latency(symbol, query),
      desk.api.slippage(symbol, query),
    ]);
    if (latency.kind !== "ok") return latency;
    if (slippage.kind !== "ok") return slippage;
    return { kind: "ok", value: { latency: latency.value, slippage: slippage.value } };
  }, [symbol, from, account]);
  return (
    <Section zone={desk.clock.zone} name={`Orders of ${symbol}`} answered={answered}>
      {({ latency, slippage }) =>
        latency.orders === 0 ? (
          <>
            <p class="hint">
              No order began in this time. This pushes one, from the project's folder:
            </p>
            <Command
              clock={desk.clock}
              command={pushCommand(window.location.origin, "/api/orders", {
                ...{ symbol, id: "A-1", status: "sent", side: "buy", quantity: 1, price: 100 },
                ...(account !== null && { account }),
              })}
            />
          </>
        ) : (
          <>
            {latency.complete === false && (
              <p class="hint">Some of the newest states could not be looked at.</p>
            )}
            <Legs answer={latency} />
            <Cost answer={slippage} />
          </>
        )
      }
    </Section>
  );
}

function Legs({ answer }: { answer: LatencyAnswer }) {
  const longest = Math.max(1, ...Object.values(answer.legs).map(({ max_us: us }) => us ?? 0));
  return (
    <table class="plain-table figure-table" data-testid="legs">
      <thead>
        <tr>
          <th scope="col">
            <Defined id="latency">Leg</Defined>
          </th>
          <th scope="col">50 % to 99 % of them</th>
          <th scope="col" class="number">
            Orders
          </th>
          {FIGURES.map((figure) => (
            <th key={figure} scope="col" class="number">
              {figure.replace("_us", "")}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {(Object.keys(LEGS) as (keyof typeof LEGS)[]).map((name) => {
          const leg = answer.legs[name];
          const [bar] = barsOf([[leg.p50_us ?? 0, leg.p99_us ?? 0]], { low: 0, high: longest });
          return (
            <tr key={name}>
              <th scope="row">{LEGS[name]}</th>
              <td>
                <span class="bar" aria-hidden="true">
                  <i
                    class="is-value"
                    style={{
                      left: `${bar?.leftPercent}%`,
                      width: `max(2px, ${bar?.widthPercent}%)`,
                    }}
                  />
                </span>
              </td>
              <td class="number">{leg.count}</td>
              {FIGURES.map((figure) => (
                <td key={figure} class="number">
                  {leg[figure] === null ? "—" : formatSpan(leg[figure])}
                </td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Cost({ answer }: { answer: SlippageAnswer }) {
  const without = (Object.keys(UNKNOWN) as (keyof typeof UNKNOWN)[]).flatMap((reason) =>
    answer.unknown[reason] > 0 ? [`${answer.unknown[reason]} ${UNKNOWN[reason]}`] : [],
  );
  return (
    <>
      <ul class="cards" data-testid="slippage">
        {(["mid", "opposite"] as const).map((which) => {
          const { orders, basis_points: points, price } = answer[which];
          return (
            <li key={which}>
              <h3>
                <Defined id="slippage">
                  Slippage against {which === "mid" ? "the mid" : "the other side"}
                </Defined>
              </h3>
              <b class="figure">{points === null ? "unknown" : `${formatValue(points)} bp`}</b>
              <p class="dim">
                {price === null ? "" : `${formatValue(price)} a unit, `}
                {orders === 1 ? "1 order" : `${orders} orders`}; above 0 is a loss
              </p>
            </li>
          );
        })}
      </ul>
      {without.length > 0 && <p class="hint">Not among them: orders {without.join(", ")}.</p>}
    </>
  );
}
