import type { AlertHistoryAnswer } from "../../../src/protocol/answers/alerts.ts";
import { pathOfSymbol } from "../../data/route.ts";
import type { ZoneId } from "../../data/times/times.ts";
import { formatMoment, formatValue } from "../../data/words/format.ts";
import { Link } from "../shell/link.tsx";

/** Changes of alerts, the newest first. */
export function Changes(props: {
  changes: AlertHistoryAnswer["changes"];
  nowMs: number;
  zone: ZoneId;
}) {
  const { changes, nowMs, zone } = props;
  if (changes.length === 0) return <p class="dim">Nothing yet.</p>;
  return (
    <table class="plain-table" data-testid="alert-changes">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Rule</th>
          <th scope="col">Symbol</th>
          <th scope="col">From, to</th>
          <th scope="col" class="number">
            Value
          </th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={`${change.ts} ${change.rule} ${change.symbol} ${change.series}`}>
            <td>{formatMoment(change.ts, nowMs, zone)}</td>
            <td>{change.rule}</td>
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
            <td class="number">{change.value === undefined ? "—" : formatValue(change.value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
