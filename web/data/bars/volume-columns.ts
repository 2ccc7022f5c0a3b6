import type { Bar } from "../../../src/protocol/events/bar.ts";

/** Neighbouring bars whose volume is drawn as one. */
export interface VolumeColumn {
  /** Indexes, both inclusive. */
  first: number;
  last: number;
  volume: number;
  /** It closed no lower than it opened. */
  isUp: boolean;
}

/** How many bars share a column, so that a column is a pixel wide or more; a power of two, so that columns stay while one zooms a little. */
export function barsAColumn(spacingPx: number): number {
  return spacingPx >= 1 ? 1 : 2 ** Math.ceil(Math.log2(1 / spacingPx));
}

/** The columns that the bars from index `from` to `to` are in. Those that `kept` has, by their first bar, are not added up again. */
export function volumeColumns(
  bars: readonly Bar[],
  { from, to, perColumn }: { from: number; to: number; perColumn: number },
  kept: Map<number, VolumeColumn>,
): VolumeColumn[] {
  const columns: VolumeColumn[] = [];
  let first = Math.max(0, Math.floor(from / perColumn) * perColumn);
  for (; first <= to && first < bars.length; first += perColumn) {
    const column = kept.get(first) ?? columnAt(bars, first, perColumn);
    kept.set(first, column);
    columns.push(column);
  }
  return columns;
}

function columnAt(bars: readonly Bar[], first: number, perColumn: number): VolumeColumn {
  const last = Math.min(bars.length, first + perColumn) - 1;
  let volume = 0;
  for (let i = first; i <= last; i++) volume += bars[i]?.volume ?? 0;
  const isUp = (bars[last]?.close ?? 0) >= (bars[first]?.open ?? 0);
  return { first, last, volume, isUp };
}
