import type { ComponentChildren } from "preact";
import { definitionOf, type FigureId } from "../../data/analytics/figure-id.ts";

/** The name of a figure, which leads to what it is. */
export function Defined({ id, children }: { id: FigureId; children: ComponentChildren }) {
  return (
    <a class="defined" href={definitionOf(id)}>
      {children}
    </a>
  );
}
