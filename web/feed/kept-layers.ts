import { INDICATOR_NAMES, type Layer } from "../charts/layers.ts";

const KEY = "edgetape.layers_off";
const OFF_AT_FIRST: readonly Layer[] = [...INDICATOR_NAMES, "Log"];

/** The layers that this browser leaves off its charts. */
export function readLayersOff(): ReadonlySet<Layer> {
  try {
    const kept = localStorage.getItem(KEY);
    // What is no layer any more is asked for by nobody.
    if (kept !== null) return new Set(kept.split(",") as Layer[]);
  } catch {
    // A browser that keeps nothing begins anew.
  }
  return new Set(OFF_AT_FIRST);
}

/** Remembers a choice where the browser can. */
export function keepLayersOff(off: ReadonlySet<Layer>): void {
  try {
    localStorage.setItem(KEY, [...off].join());
  } catch {
    // It holds until the page is left.
  }
}
