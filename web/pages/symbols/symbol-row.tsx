import { pathOfSymbol } from "../../data/route.ts";
import {
  type AsOf,
  asOfWords,
  endMsOf,
  isStale,
  whenWords,
} from "../../data/symbols/last-price.ts";
import { listedPrice, type Past } from "../../data/symbols/listed-price.ts";
import type { ListedSymbol } from "../../data/symbols/symbol-list.ts";
import type { ZoneId } from "../../data/times/times.ts";
import { digitsOf } from "../../data/words/digits.ts";
import { formatAge, formatChange, formatPrice, formatVolume } from "../../data/words/format.ts";
import { Link } from "../shell/link.tsx";
import { changeClass } from "../sign-class.ts";
import { Sparkline } from "./sparkline.tsx";

/** One line of the list of all symbols. */
export function SymbolRow(props: {
  listed: ListedSymbol;
  past: Past | undefined;
  nowMs: number;
  zone: ZoneId;
}) {
  const { listed, past, nowMs, zone } = props;
  const { symbol, viewers, direction, moves } = listed;
  const { last, change, noChange, volume, trail, asOf } = listedPrice(listed, past, null, nowMs);
  const closes = past?.bars.map(({ close }) => close) ?? [];
  const isOld = asOf !== null && isStale(asOf, nowMs);
  const event: AsOf | null =
    listed.last_event === null ? asOf : { kind: "moment", ts: listed.last_event };
  return (
    <tr data-testid="symbol-row" data-symbol={symbol} class={isOld ? "is-stale" : ""}>
      <th scope="row">
        <Link to={pathOfSymbol(symbol)} class="row-link">
          <span title={symbol}>{symbol}</span>
        </Link>
      </th>
      <td class="number last" title={isOld ? asOfWords(asOf, nowMs, zone) : undefined}>
        {/* A new element for each move, so that the flash begins anew. */}
        <span key={moves} class={moves > 0 ? `flash is-${direction}` : ""}>
          {last === null ? (
            <span class="faint">—</span>
          ) : (
            formatPrice(last, digitsOf([...closes, ...listed.trail, last]))
          )}
        </span>
        {isOld && <div class="age-below">{ageWords(asOf, nowMs, zone)}</div>}
      </td>
      <td class={`number ${changeClass(change)}`} title={noChange}>
        {change === null ? <span class="faint">—</span> : formatChange(change)}
      </td>
      <td class="trail">
        <Sparkline values={trail} change={change} />
      </td>
      <td class="number is-wide">
        {volume === null ? <span class="faint">—</span> : formatVolume(volume)}
      </td>
      <td class="number is-wide">{viewers > 0 ? viewers : <span class="faint">—</span>}</td>
      <td class="number is-age dim">{event === null ? "—" : ageWords(event, nowMs, zone)}</td>
    </tr>
  );
}

/** How long ago, and by its date what is more than some days old. */
function ageWords(asOf: AsOf, nowMs: number, zone: ZoneId): string {
  const ageMs = nowMs - endMsOf(asOf);
  return ageMs < 7 * 86_400_000 && asOf.kind !== "day"
    ? formatAge(ageMs)
    : whenWords(asOf, nowMs, zone).replace(/,.*/, "");
}
