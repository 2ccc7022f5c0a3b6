import { hasPoints, type PanelAnswer } from "../../data/explore/panel-lines.ts";
import { formatStep } from "../../data/words/format.ts";

/** How fine the lines of panel `number` are and what they lack, and what can be taken from the panel. */
export function PanelFoot(props: {
  number: number;
  /** Null: nothing is drawn. */
  drawn: PanelAnswer | null;
  isCompared: boolean;
  onPng(drawn: PanelAnswer): void;
  onCsv(drawn: PanelAnswer): void;
  /** Null: the only panel stays. */
  onRemove: (() => void) | null;
}) {
  const { number, drawn, isCompared, onPng, onCsv, onRemove } = props;
  const takes: [string, () => void][] = [
    ...(drawn === null
      ? []
      : ([
          ["PNG", () => onPng(drawn)],
          ["CSV", () => onCsv(drawn)],
        ] satisfies [string, () => void][])),
    ...(onRemove === null ? [] : ([["Remove", onRemove]] satisfies [string, () => void][])),
  ];
  return (
    <footer class="explore-foot">
      <p class="dim">{drawn !== null && wordsOf(drawn, isCompared)}</p>
      <div>
        {takes.map(([words, act]) => (
          <button
            key={words}
            class="button is-quiet"
            type="button"
            aria-label={`${words}: panel ${number}`}
            onClick={act}
          >
            {words}
          </button>
        ))}
      </div>
    </footer>
  );
}

function wordsOf(drawn: PanelAnswer, isCompared: boolean): string {
  const { stepUs, lines, lineCount, compared, missing, unasked } = drawn;
  const lacking = (wanted: string) =>
    missing.flatMap(({ symbol, what }) => (what === wanted ? symbol : [])).join(", ");
  const [unknown, without] = [lacking("symbol"), lacking("metric")];
  return [
    `a point every ${formatStep(stepUs)}`,
    lineCount > lines.length && `${lines.length} of ${lineCount} lines: choose some by labels`,
    isCompared && !hasPoints(compared) && "no points yesterday at this time",
    unknown !== "" && `never pushed: ${unknown}`,
    without !== "" && `${without} without this metric`,
    unasked.length > 0 && `not asked: ${unasked.join(", ")}`,
  ]
    .filter((words) => words !== false)
    .join("; ");
}
