import type { AlertHistoryAnswer } from "../../../src/protocol/answers/alerts.ts";
import { valueTexts } from "../../data/alerts/value-texts.ts";
import { pathOfSymbol } from "../../data/route.ts";
import type { ZoneId } from "../../data/times/times.ts";
import { formatMoment } from "../../data/words/format.ts";
import { Link } from "../shell/link.tsx";

type Change = AlertHistoryAnswer["changes"][number];

/** Changes of alerts, the newest first. `isOfOne`: all are of one rule, which is not named. */
export function Changes(props: {
  changes: readonly Change[];
  nowMs: number;
  zone: ZoneId;
  isOfOne?: boolean;
}) {
  const { changes, nowMs, zone, isOfOne } = props;
  if (changes.length === 0) return <p class="dim">Nothing yet.</p>;
  const values = valueTexts(changes);
  return (
    <table class="plain-table is-stacked" data-testid="alert-changes">
      <thead>
        <tr>
          <th scope="col">When</th>
          {!isOfOne && <th scope="col">Rule</th>}
          <th scope="col">Symbol</th>
          <th scope="col">From, to</th>
          <th scope="col" class="number">
            Value
          </th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change, at) => (
          <tr key={`${change.ts} ${change.rule} ${change.symbol} ${change.series}`}>
            <td>{formatMoment(change.ts, nowMs, zone)}</td>
            {!isOfOne && <td>{change.rule}</td>}
            <td>
              <Link to={pathOfSymbol(change.symbol)} class="in-text">
                {change.symbol}
              </Link>{" "}
              <span class="dim">{change.series}</span>
            </td>
            <td>
              <span class="dim">{change.from} to</span>{" "}
              <b class={`state is-${change.state}`}>{change.state}</b>
            </td>
            <td class="number">{values[at]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
