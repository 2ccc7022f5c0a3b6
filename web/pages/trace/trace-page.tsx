import { useEffect, useState } from "preact/hooks";
import type { TraceAnswer } from "../../../src/protocol/answers/trace.ts";
import { pathOfSymbol, pathOfTrace } from "../../data/route.ts";
import { timeText, type ZoneId } from "../../data/times/times.ts";
import { storyOf, type TraceLeg, type TraceStep, type TraceStory } from "../../data/trace/story.ts";
import { formatSpan } from "../../data/words/format.ts";
import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { Link, navigate } from "../shell/link.tsx";
import { TopBar } from "../shell/top-bar.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { RecentIds } from "./recent-ids.tsx";

/** While things still happen under an id it is asked for anew, in ms. */
const AGAIN_MS = 5_000;
/** What happened longer ago is over. */
const OVER_MS = 60_000;

/** Everything that bears one correlation id, in time. */
export function TracePage({ desk, id }: { desk: Desk; id: string | null }) {
  const { api, clock } = desk;
  const { value, failure } = useAnswer(
    desk,
    id === null ? null : () => api.trace(id),
    ({ events }) => {
      const last = events.at(-1)?.ts ?? clock.nowMs() * 1_000;
      return clock.nowMs() - last / 1_000 < OVER_MS ? AGAIN_MS : null;
    },
    [api, id],
  );
  useEffect(() => {
    document.title = id === null ? "Trace · Edgetape" : `${id} · Trace · Edgetape`;
  }, [id]);
  return (
    <div class="page">
      <TopBar {...{ desk, page: "trace" }} />
      <main class="desk-page">
        <h1>Trace</h1>
        <IdForm key={id} id={id} />
        <FailureWords failure={failure} />
        {value !== null && <Told answer={value} zone={clock.zone} />}
        {id === null && (
          <>
            <p class="hint">
              A correlation id is what a producer sends as <code>x-correlation-id</code>, as{" "}
              <code>traceparent</code>, or in the field <code>correlation_id</code> of orders and
              log lines. Type one, or choose one.
            </p>
            <RecentIds desk={desk} />
          </>
        )}
      </main>
    </div>
  );
}

function IdForm({ id }: { id: string | null }) {
  const [typed, setTyped] = useState(id ?? "");
  return (
    <form
      class="ask-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== "") navigate(pathOfTrace(typed.trim()));
      }}
    >
      <label>
        <span class="sr-only">Correlation id</span>
        <input
          class="field"
          value={typed}
          placeholder="Correlation id"
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => setTyped((event.target as HTMLInputElement).value)}
        />
      </label>
      <button class="button" type="submit">
        Follow
      </button>
    </form>
  );
}

function Told({ answer, zone }: { answer: TraceAnswer; zone: ZoneId }) {
  const story = storyOf(answer.events);
  if (story.steps.length === 0) {
    return (
      <p class="hint" data-testid="trace-empty">
        Nothing bears the id {answer.correlation_id} yet. What comes under it appears here by
        itself.
      </p>
    );
  }
  return (
    <>
      <p class="summary" data-testid="trace-summary">
        {summaryOf(story)}
        {answer.truncated && " There is more before these."}
        {!answer.complete && " Some of the newest could not be looked at."}
      </p>
      <Legs legs={story.legs} />
      <ol class="trace" data-testid="trace">
        {story.steps.map((step, at) => (
          <Step key={at} {...{ step, zone }} spanUs={story.spanUs} />
        ))}
      </ol>
    </>
  );
}

function summaryOf({ steps, spanUs, services, symbols }: TraceStory): string {
  const count = steps.length === 1 ? "1 event" : `${steps.length} events in ${formatSpan(spanUs)}`;
  const over = [...services, ...symbols];
  return over.length === 0 ? `${count}.` : `${count}: ${over.join(", ")}.`;
}

function Legs({ legs }: { legs: readonly TraceLeg[] }) {
  if (legs.length === 0) return null;
  return (
    <ul class="legs" aria-label="Legs of orders">
      {legs.map((leg, at) => (
        <li key={at}>
          <span class="dim">
            {leg.order}: {leg.from.replace("_", " ")} to {leg.to.replace("_", " ")}
          </span>{" "}
          <b>{formatSpan(leg.us)}</b>
        </li>
      ))}
    </ul>
  );
}

function Step(props: { step: TraceStep; spanUs: number; zone: ZoneId }) {
  const { step, spanUs, zone } = props;
  const { event, sinceUs, afterUs, words, tone } = step;
  const share = spanUs === 0 ? 0 : sinceUs / spanUs;
  return (
    <li class={`trace-step is-${tone}`}>
      <details>
        <summary>
          <time dateTime={new Date(event.ts / 1_000).toISOString()}>
            {timeText("exactClock", event.ts / 1_000, zone)}
          </time>
          <span class="since number">+{formatSpan(sinceUs)}</span>
          <span class={`kind is-${event.kind}`}>{event.kind.replace("_", " ")}</span>
          <span class="track" aria-hidden="true">
            <i style={{ left: `${(share * 100).toFixed(2)}%` }} />
          </span>
          <span class="words">{words}</span>
        </summary>
        <Fields {...{ step, afterUs, zone }} />
      </details>
    </li>
  );
}

function Fields(props: { step: TraceStep; afterUs: number; zone: ZoneId }) {
  const { afterUs, zone } = props;
  const { event } = props.step;
  const { kind: _, ts, symbol, ...fields } = event;
  return (
    <dl class="fields">
      {symbol !== undefined && (
        <div>
          <dt>symbol</dt>
          <dd>
            <Link to={pathOfSymbol(symbol)} class="in-text">
              {symbol}
            </Link>
          </dd>
        </div>
      )}
      <div>
        <dt>time</dt>
        <dd>
          {timeText("dateExactClock", ts / 1_000, zone)}, {formatSpan(afterUs)} after the one before
        </dd>
      </div>
      {Object.entries(fields).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
