import type { Layer } from "../../../charts/layers.ts";

/** Boxes of what the chart shows. */
export function LayerChoice(props: {
  layers: readonly Layer[];
  off: ReadonlySet<Layer>;
  onChoose(off: ReadonlySet<Layer>): void;
}) {
  const { layers, off, onChoose } = props;
  const toggle = (layer: Layer) => {
    const next = new Set(off);
    if (!next.delete(layer)) next.add(layer);
    onChoose(next);
  };
  return (
    <details class="layers">
      <summary>Layers</summary>
      <fieldset>
        <legend class="sr-only">Layers of the chart</legend>
        {layers.map((layer) => (
          <label key={layer}>
            <input type="checkbox" checked={!off.has(layer)} onChange={() => toggle(layer)} />
            {layer}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
