import { useEffect, useRef, useState } from "preact/hooks";
import { readFigures } from "../../data/figures/exposition.ts";
import { findingsOf } from "../../data/figures/findings.ts";
import type { Look } from "../../data/figures/since.ts";
import type { ServerState } from "../../feed/api.ts";
import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { TopBar } from "../shell/top-bar.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { Cards } from "./cards.tsx";
import { Tables } from "./tables.tsx";

const LOOK_MS = 2_000;
/** So many looks are kept for the lines of the cards: four minutes. */
const LOOKS = 120;
const STATE_MS = 10_000;

/** How the server does: what comes, how long it takes, what waits, and what is wrong. */
export function OperationsPage({ desk }: { desk: Desk }) {
  const { api, clock } = desk;
  const [isForbidden, setForbidden] = useState(false);
  const looks = useRef<Look[]>([]);
  const asking = { ...desk, onUnauthorized: () => setForbidden(true) };
  const figures = useAnswer(
    asking,
    async () => {
      const answer = await api.figures();
      if (answer.kind !== "ok") return answer;
      const look: Look = { atMs: clock.nowMs(), figures: readFigures(answer.value) };
      looks.current = [...looks.current, look].slice(-LOOKS);
      return { kind: "ok", value: looks.current };
    },
    () => LOOK_MS,
    [api],
  );
  const state = useAnswer<ServerState>(asking, api.state, () => STATE_MS, [api]);
  useEffect(() => setForbidden(false), [desk.renewals]);
  const { value: seen } = figures;
  const failure = isForbidden ? null : (figures.failure ?? state.failure);
  return (
    <div class="page">
      <TopBar {...{ desk, page: "operations" }} />
      <main class={`desk-page ${failure === null ? "" : "is-cut-off"}`}>
        <h1>Operations</h1>
        <FailureWords failure={failure} />
        {isForbidden && <NeedsToken onUnauthorized={desk.onUnauthorized} />}
        {seen !== null && (
          <>
            <Findings looks={seen} state={state.value} />
            <Cards looks={seen} state={state.value} />
            <Tables looks={seen} state={state.value} />
          </>
        )}
      </main>
    </div>
  );
}

function NeedsToken({ onUnauthorized }: { onUnauthorized(): void }) {
  return (
    <div class="hint">
      <p>
        These figures tell of all symbols and of the machine. They need a token with the scope read
        for all symbols.
      </p>
      <button class="button" type="button" onClick={() => onUnauthorized()}>
        Enter a token
      </button>
    </div>
  );
}

function Findings({ looks, state }: { looks: readonly Look[]; state: ServerState | null }) {
  const now = looks.at(-1);
  if (now === undefined) return null;
  const before = minuteBefore(looks);
  const findings = findingsOf(before, now, state);
  if (findings.length === 0) {
    // What grows shows between two looks, and the database's state comes by itself.
    if (before === null || state === null) return <p class="dim">Being looked at</p>;
    return (
      <p class="all-well" data-testid="findings">
        Nothing is slow, refused or behind.
      </p>
    );
  }
  return (
    <ul class="findings" data-testid="findings">
      {findings.map(({ severity, words, help }) => (
        <li key={words} class={`is-${severity}`}>
          <b>{words}.</b> {help}
        </li>
      ))}
    </ul>
  );
}

/** The look of a minute ago, or the first since then; null where there is none but the last. */
function minuteBefore(looks: readonly Look[]): Look | null {
  const now = looks.at(-1);
  if (now === undefined || looks.length < 2) return null;
  return looks.find(({ atMs }) => now.atMs - atMs <= 60_000) ?? null;
}
