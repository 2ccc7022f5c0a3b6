import type { ComponentChildren } from "preact";
import { pathOfSymbol } from "../../data/route.ts";

/** The frame of a chart in a page elsewhere: what it shows, and the way to the symbol's whole page. */
export function EmbeddedChart(props: {
  symbol: string;
  isOff: boolean;
  children: ComponentChildren;
}) {
  return (
    <main class={`embed ${props.isOff ? "is-cut-off" : ""}`}>
      {props.children}
      <a class="in-text" href={pathOfSymbol(props.symbol)} target="_blank" rel="noreferrer">
        Edgetape
      </a>
    </main>
  );
}
