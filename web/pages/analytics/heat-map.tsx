import type { CorrelatedPair, CorrelationAnswer } from "../../../src/protocol/answers/analytics.ts";
import { grouped } from "../../data/words/digits.ts";

/** Steps from cell to cell by the keys of arrows: rows down, columns right. */
const STEPS: Readonly<Record<string, readonly [row: number, column: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** A cell a pair, coloured by its coefficient. What is pointed at or has the focus is chosen; arrows move the focus. */
export function HeatMap(props: {
  answer: CorrelationAnswer;
  chosen: CorrelatedPair | undefined;
  onChoose(pair: CorrelatedPair): void;
}) {
  const { answer, chosen, onChoose } = props;
  const { symbols, pairs } = answer;
  const ofSymbols = new Map(pairs.map((pair) => [JSON.stringify([pair.a, pair.b]), pair]));
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLTableElement }) => {
    const step = STEPS[event.key];
    const cell = (event.target as Element).closest<HTMLTableCellElement>("td");
    if (step === undefined || cell === null) return;
    event.preventDefault();
    const row = cell.parentElement as HTMLTableRowElement;
    const next = event.currentTarget.rows[row.rowIndex + step[0]]?.cells[cell.cellIndex + step[1]];
    next?.querySelector("button")?.focus();
  };
  return (
    <div class="heat-map">
      <table data-testid="heat-map" onKeyDown={onKeyDown}>
        <thead>
          <tr>
            <td />
            {symbols.slice(0, -1).map((symbol) => (
              <th key={symbol} scope="col">
                {symbol}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {symbols.slice(1).map((b, at) => (
            <tr key={b}>
              <th scope="row">{b}</th>
              {symbols.slice(0, at + 1).map((a) => {
                const pair = ofSymbols.get(JSON.stringify([a, b]));
                return (
                  <td key={a}>
                    {pair !== undefined && (
                      <Cell
                        pair={pair}
                        isChosen={pair === chosen}
                        onChoose={() => onChoose(pair)}
                      />
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell(props: { pair: CorrelatedPair; isChosen: boolean; onChoose(): void }) {
  const { pair, isChosen, onChoose } = props;
  const { a, b, correlation } = pair;
  const pearson = correlation.kind === "ok" ? correlation.pearson : null;
  const coefficient = pearson === null ? "—" : grouped(pearson, 2);
  return (
    <button
      type="button"
      aria-label={`${a} and ${b}: ${coefficient}`}
      aria-pressed={isChosen}
      // One stop for who goes by Tab; arrows lead on.
      tabIndex={isChosen ? 0 : -1}
      class={pearson === null ? "" : pearson < 0 ? "is-against" : "is-together"}
      // Half at the most, for the number is read on it.
      style={{ "--heat": `${(Math.abs(pearson ?? 0) * 50).toFixed(0)}%` }}
      onMouseEnter={onChoose}
      onFocus={onChoose}
      onClick={onChoose}
    >
      {coefficient}
    </button>
  );
}
