import type { IChartApiBase, ISeriesPrimitive, Time } from "lightweight-charts";
import type { Bar } from "../../src/protocol/events/bar.ts";
import { barsAColumn, type VolumeColumn, volumeColumns } from "../data/bars/volume-columns.ts";
import { barPlaces } from "./drawn-over.ts";
import { colour } from "./theme.ts";

/** Of the pane: the candles keep off it. */
const HEIGHT_SHARE = 0.18;
/** Narrower, and a pixel between two would be most of them. */
const GAP_FROM_PX = 3;

/**
 * Volume at the foot of the candles. A series of the library would keep a second copy of every bar, and where bars are narrower than a pixel it
 * would show the last of them for all; here their sum is drawn.
 */
export function createVolumeBars(chart: IChartApiBase<Time>) {
  let bars: readonly Bar[] = [];
  /** Columns of these bars at one width: what a frame of a drag has in common with the one before is not added up again. */
  const kept = new Map<number, VolumeColumn>();
  let perColumn = 1;
  let isShown = true;
  let requestUpdate = () => {};
  const colours = [colour("down-volume"), colour("up-volume")] as const;

  const primitive: ISeriesPrimitive<Time> = {
    attached(parameters) {
      requestUpdate = parameters.requestUpdate;
    },
    paneViews: () => [
      {
        renderer: () => ({
          draw: (target) =>
            target.useBitmapCoordinateSpace(
              ({ context, bitmapSize: { height }, horizontalPixelRatio }) => {
                if (isShown) drawColumns(context, height, horizontalPixelRatio);
              },
            ),
        }),
      },
    ],
  };

  return {
    primitive,
    setShown(next: boolean): void {
      isShown = next;
      requestUpdate();
    },
    setBars(next: readonly Bar[]): void {
      bars = next;
      kept.clear();
      requestUpdate();
    },
  };

  function drawColumns(context: CanvasRenderingContext2D, height: number, ratio: number): void {
    const places = barPlaces(chart);
    if (places === null) return;
    const { zero, range } = places;
    const spacing = places.spacing * ratio;
    const wanted = barsAColumn(spacing);
    if (wanted !== perColumn) kept.clear();
    perColumn = wanted;
    const [from, to] = [Math.floor(range.from), Math.ceil(range.to)];
    const columns = volumeColumns(bars, { from, to, perColumn }, kept);
    const most = columns.reduce((max, { volume }) => Math.max(max, volume), 0);
    if (most === 0) return;
    const edge = (place: number) => Math.round(zero * ratio + place * spacing);
    const gap = spacing >= GAP_FROM_PX ? 1 : 0;
    for (const isUp of [false, true]) {
      context.fillStyle = colours[Number(isUp) as 0 | 1];
      for (const column of columns) {
        if (column.isUp !== isUp) continue;
        const left = edge(column.first - 0.5);
        const width = Math.max(1, edge(column.last + 0.5) - gap - left);
        const tall = Math.ceil((column.volume / most) * HEIGHT_SHARE * height);
        context.fillRect(left, height - tall, width, tall);
      }
    }
  }
}
