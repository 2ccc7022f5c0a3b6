import { useRef } from "preact/hooks";
import type { Layer } from "../../../charts/layers.ts";
import { useLightDismiss } from "./use-light-dismiss.ts";

const TITLES: { [layer in Layer]?: string } = {
  VWAP: "Since midnight: (high + low + close) / 3 of each bar, by its volume",
};

/** Boxes of what the chart shows. */
export function LayerChoice(props: {
  layers: readonly Layer[];
  off: ReadonlySet<Layer>;
  onToggle(layer: Layer): void;
}) {
  const { layers, off, onToggle } = props;
  const details = useRef<HTMLDetailsElement>(null);
  useLightDismiss(details);
  return (
    <details class="layers" ref={details}>
      <summary>Layers</summary>
      <fieldset>
        <legend class="sr-only">Layers of the chart</legend>
        {layers.map((layer) => (
          <label key={layer} title={TITLES[layer]}>
            <input type="checkbox" checked={!off.has(layer)} onChange={() => onToggle(layer)} />
            {layer}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
