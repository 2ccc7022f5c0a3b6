import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { matchesGlob } from "../../../src/core/placement/glob.ts";
import type { BacktestAnswer } from "../../../src/protocol/answers/alerts.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import {
  CONDITIONS,
  DIRECTIONS,
  type Draft,
  draftFault,
  isBound,
  labelsFault,
  NO_DATAS,
  PRICES,
  ruleOf,
  SEVERITIES,
  SILENCES,
  SUBJECTS,
  TELLS,
} from "../../data/alerts/draft.ts";
import type { Desk } from "../shell/desk.ts";
import { DO_AGAIN, FailureWords } from "../shell/failure-words.tsx";
import { Backtested } from "./backtested.tsx";
import { useWriting } from "./use-writing.ts";

/** So many symbols are tried at once, and no more (MAX_BACKTEST_SYMBOLS). */
const MAX_SYMBOLS = 20;
/** How far back a rule is tried. */
const BACK_US = { "1h": 3_600e6, "6h": 21_600e6, "1d": 86_400e6 } as const;
type Back = keyof typeof BACK_US;

/** A rule as a form: it can be tried over the past before it is set. */
export function RuleEditor(props: {
  desk: Desk;
  draft: Draft;
  isNew: boolean;
  /** Names of the rules that there are. */
  names: readonly string[];
  onDone(): void;
  onCancel(): void;
}) {
  const { desk, isNew, names, onDone, onCancel } = props;
  const [draft, setDraft] = useState(props.draft);
  const [fault, setFault] = useState<string | null>(null);
  const { failure, isBusy, write } = useWriting(desk);
  const [tried, setTried] = useState<BacktestAnswer | null>(null);
  const [back, setBack] = useState<Back>("6h");
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const rule = () => ruleOf(draft, props.draft);
  const save = () => {
    const why = draftFault(draft, isNew ? names : null);
    setFault(why);
    if (why !== null) return;
    void write(() => desk.api.putAlertRule(draft.name.trim(), rule()), onDone);
  };
  const tryIt = () => {
    const why = labelsFault(draft);
    setFault(why);
    if (why !== null) return;
    const nowUs = desk.clock.nowMs() * 1_000;
    const symbols = draft.symbols.includes("*")
      ? desk.symbols.list
          .map(({ symbol }) => symbol)
          .filter((symbol) => matchesGlob(draft.symbols, symbol))
          .slice(0, MAX_SYMBOLS)
      : undefined;
    const from = Math.round(nowUs - BACK_US[back]) as EpochUs;
    void write(() => desk.api.backtest({ rule: rule(), from, symbols }), setTried, "read");
  };

  const text = (key: keyof Draft & string, label: string, hint: string, width = "") => (
    <label class={width}>
      <span>{label}</span>
      <input
        class="field"
        value={draft[key] as string}
        placeholder={hint}
        spellcheck={false}
        onInput={(event) => change({ [key]: (event.target as HTMLInputElement).value })}
      />
    </label>
  );
  const choice = (key: keyof Draft & string, label: string, options: readonly string[]) => (
    <label>
      <span>{label}</span>
      <select
        class="field"
        value={draft[key] as string}
        onChange={(event) => change({ [key]: (event.target as HTMLSelectElement).value })}
      >
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
  const hasBound = isBound(draft);
  return (
    <form
      class="editor"
      aria-label={isNew ? "New rule" : `Rule ${draft.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Row>
        {isNew ? text("name", "Name", "slow-orders") : <b class="name">{draft.name}</b>}
        {text("symbols", "Symbols", "BTC-USD or BTC-*")}
        {choice("subject", "Watches a", SUBJECTS)}
        {draft.subject === "metric" && text("metric", "Metric", "order_latency_ms")}
        {draft.subject === "metric" && text("labels", "Labels", "venue:xnas, side:buy")}
        {draft.subject === "price" && choice("price", "Price", PRICES)}
        {draft.subject === "silence" && choice("silence", "Events", SILENCES)}
      </Row>
      <Row>
        {choice("condition", "Fires when it is", CONDITIONS)}
        {hasBound && text("bound", draft.condition === "change" ? "By" : "Bound", "5", "is-short")}
        {draft.condition === "change" && (
          <label class="check">
            <input
              type="checkbox"
              checked={draft.isPercent}
              onChange={(event) =>
                change({ isPercent: (event.target as HTMLInputElement).checked })
              }
            />
            <span>per cent</span>
          </label>
        )}
        {draft.condition === "change" && choice("direction", "Direction", DIRECTIONS)}
        {!["above", "below"].includes(draft.condition) &&
          text("length", draft.condition === "change" ? "Within" : "After", "5m", "is-short")}
        {text("for", "For at least", "30s", "is-short")}
        {text("keepFiringFor", "Keeps firing for", "1m", "is-short")}
        {hasBound && choice("noData", "Without data", NO_DATAS)}
        {hasBound &&
          (draft.noData !== "keep" || draft.noDataAfter !== "") &&
          text("noDataAfter", "After", "5m", "is-short")}
      </Row>
      <Row>
        {choice("severity", "Severity", SEVERITIES)}
        {text("message", "Message", "{symbol} {series} is {value}", "is-wide")}
        {choice("tells", "Tells webhooks", TELLS)}
        {draft.tells === "some" && text("webhooks", "Their names", "desk-chat, pager")}
      </Row>
      {fault !== null && (
        <p class="failure" role="alert">
          {fault}
        </p>
      )}
      <FailureWords failure={failure} again={DO_AGAIN} />
      <div class="editor-foot">
        <button class="button" type="submit" aria-disabled={isBusy}>
          {isNew ? "Set the rule" : "Change the rule"}
        </button>
        <button class="button is-quiet" type="button" aria-disabled={isBusy} onClick={tryIt}>
          Try it over the last
        </button>
        <select
          class="field"
          aria-label="How far back it is tried"
          value={back}
          onChange={(event) => setBack((event.target as HTMLSelectElement).value as Back)}
        >
          {Object.keys(BACK_US).map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
        <button class="button is-quiet" type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
      {tried !== null && (
        <Backtested answer={tried} nowMs={desk.clock.nowMs()} zone={desk.clock.zone} />
      )}
    </form>
  );
}

function Row({ children }: { children: ComponentChildren }) {
  return <div class="editor-row">{children}</div>;
}
