import type { BacktestAnswer } from "../../../src/protocol/answers/alerts.ts";
import type { ZoneId } from "../../data/times/times.ts";
import { formatMoment, formatSpan, formatVolume } from "../../data/words/format.ts";
import { Changes } from "./changes.tsx";

/** What a rule would have said: its times of firing on a line, what led to them and ended them, and all else where it is asked for. */
export function Backtested(props: { answer: BacktestAnswer; nowMs: number; zone: ZoneId }) {
  const { answer, nowMs, zone } = props;
  const { from, to, through, complete, events, changes } = answer;
  const firings = firingsOf(answer);
  const newestFirst = changes.toReversed();
  const ofFiring = newestFirst.filter((change) => [change.from, change.state].includes("firing"));
  return (
    <div class="backtested" data-testid="backtested" aria-live="polite">
      <p>
        {firings.length === 0
          ? "It would not have fired"
          : `It would have fired ${firings.length === 1 ? "once" : `${firings.length} times`}`}{" "}
        in {formatSpan(to - from)}; {formatVolume(events)} events were read.
        {!complete &&
          ` There was more than is looked at: this is up to ${formatMoment(through, nowMs, zone)}.`}
      </p>
      {firings.length > 0 && (
        <div class="firings" role="img" aria-label={`${firings.length} times of firing`}>
          {firings.map(({ key, beganAt, endedAt }) => (
            <i
              key={key}
              class="firing-span"
              style={{
                left: `${share(beganAt)}%`,
                width: `max(2px, ${share(endedAt) - share(beganAt)}%)`,
              }}
            />
          ))}
        </div>
      )}
      {ofFiring.length > 0 && <Changes isOfOne changes={ofFiring} {...{ nowMs, zone }} />}
      {ofFiring.length < changes.length && (
        <details>
          <summary class="dim">
            All {changes.length} changes, also where it was only pending
          </summary>
          <Changes isOfOne changes={newestFirst} {...{ nowMs, zone }} />
        </details>
      )}
    </div>
  );

  function share(ts: number): number {
    return ((ts - from) / Math.max(1, to - from)) * 100;
  }
}

/** From when to when each alert fired; one that fires still does so to the end. */
function firingsOf({ changes, to }: BacktestAnswer) {
  const firings: { key: string; beganAt: number; endedAt: number }[] = [];
  const open = new Map<string, number>();
  for (const change of changes) {
    const alert = `${change.symbol} ${change.series ?? ""}`;
    const beganAt = open.get(alert);
    if (change.state === "firing") open.set(alert, change.ts);
    else if (beganAt !== undefined) {
      firings.push({ key: `${alert} ${beganAt}`, beganAt, endedAt: change.ts });
      open.delete(alert);
    }
  }
  for (const [alert, beganAt] of open) {
    firings.push({ key: `${alert} ${beganAt}`, beganAt, endedAt: to });
  }
  return firings;
}
