import { useRef, useState } from "preact/hooks";
import { type ChosenRange, rangeInForm } from "../../../data/bars/chosen-range.ts";
import { type TimeWindow, windowOf } from "../../../data/bars/time-window.ts";
import { fieldText } from "../../../data/times/zone-moment.ts";
import type { SymbolView } from "../symbol-view.ts";
import { useLightDismiss } from "./use-light-dismiss.ts";

/** From when to when the charts show, told anew each time it is opened. `chosen` is what the address says. */
export function RangeForm(props: {
  view: SymbolView;
  chosen: ChosenRange;
  onChoose(window: TimeWindow): void;
}) {
  const { view, chosen, onChoose } = props;
  const { zone } = view.clock;
  const details = useRef<HTMLDetailsElement>(null);
  useLightDismiss(details);
  const isTyped = useRef(false);
  const [fields, setFields] = useState({ from: "", to: "" });
  const [refused, setRefused] = useState<string | null>(null);
  const wrong = refused ?? (chosen.kind === "wrong" ? chosen.words : null);
  const fill = () => {
    // The event of the opening comes behind it, when somebody may have begun to type.
    if (isTyped.current && details.current?.open) return;
    isTyped.current = false;
    // Before candles have come to it, what is to be in sight is what the address says.
    const ofAddress = chosen.kind === "window" ? chosen.window : null;
    const { axis, feed } = view;
    const inSight = axis.inSight() ?? ofAddress ?? windowOf(feed.span(), feed.endUs());
    if (inSight === null) return;
    setFields({ from: fieldText(inSight.fromUs, zone), to: fieldText(inSight.toUs, zone) });
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const range = rangeInForm(fields.from, fields.to, zone);
    setRefused(range.kind === "wrong" ? range.words : null);
    if (range.kind !== "window") return;
    onChoose(range.window);
    details.current?.removeAttribute("open");
  };
  return (
    <details ref={details} class="range-form" open={chosen.kind === "wrong"} onToggle={fill}>
      <summary>From – to</summary>
      {/* What is wrong is said in the page's words, beside the fields. */}
      <form noValidate onSubmit={submit}>
        {(["from", "to"] as const).map((name) => (
          <label key={name}>
            {name === "from" ? "From" : "To"}
            <input
              type="datetime-local"
              step="1"
              value={fields[name]}
              onInput={({ currentTarget: { value } }) =>
                setFields((now) => ({ ...now, [name]: value }))
              }
            />
          </label>
        ))}
        <button class="button" type="submit">
          Show
        </button>
        <p role={wrong === null ? "note" : "alert"}>{wrong ?? `Times of ${zone}.`}</p>
      </form>
    </details>
  );
}
