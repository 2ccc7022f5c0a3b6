import { INDICATOR_NAMES, type Layer } from "../charts/layers.ts";
import { keep, readKept } from "./kept.ts";

const KEY = "edgetape.layers_off";

/** The layers that this browser leaves off its charts; a frame in somebody's page has the same for all who look. */
export function readLayersOff(isFramed: boolean): ReadonlySet<Layer> {
  const kept = isFramed ? null : readKept(KEY);
  // What is no layer any more is asked for by nobody.
  return new Set(kept === null ? [...INDICATOR_NAMES, "Log"] : (kept.split(",") as Layer[]));
}

/** Remembers a choice where the browser can. */
export function keepLayersOff(off: ReadonlySet<Layer>): void {
  keep(KEY, [...off].join());
}
