import type { ComponentChildren } from "preact";
import { definitionOf, type FigureId } from "../../data/analytics/figure-id.ts";
import { formatValue } from "../../data/words/format.ts";

/** An analysis is a question of many rows: it is asked anew so often, in ms. */
export const AGAIN_MS = 30_000;

/** The name of a figure, which leads to what it is. */
export function Defined({ id, children }: { id: FigureId; children: ComponentChildren }) {
  return (
    <a class="defined" href={definitionOf(id)}>
      {children}
    </a>
  );
}

/** A part of one in percent, to about four figures. */
export function percent(part: number): string {
  return `${formatValue(part * 100)} %`;
}
