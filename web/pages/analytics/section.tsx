import type { ComponentChildren } from "preact";
import { timeText, type ZoneId } from "../../data/times/times.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import type { Answered } from "../shell/use-answer.ts";

/**
 * One analysis under its name: what was answered, what keeps it from being answered anew, or that it is asked. What an answer lacks
 * is said with it.
 */
export function Section<T extends { gone_before?: number | undefined }>(props: {
  zone: ZoneId;
  name: string;
  answered: Answered<T>;
  children(value: T): ComponentChildren;
}) {
  const { value, failure } = props.answered;
  return (
    <section>
      <h2>{props.name}</h2>
      <FailureWords failure={failure} />
      {value === null && failure === null && <p class="hint">The server is asked…</p>}
      {value?.gone_before !== undefined && (
        <p class="hint">
          What was before {timeText("dateMinute", value.gone_before / 1_000, props.zone)} is kept in
          longer bars alone, and is missing here.
        </p>
      )}
      {value !== null && props.children(value)}
    </section>
  );
}
