import type {
  IChartApiBase,
  ISeriesPrimitive,
  Logical,
  PrimitivePaneViewZOrder,
  Time,
} from "lightweight-charts";

/** The size of what is drawn on, in pixels of a style sheet. */
export interface Size {
  width: number;
  height: number;
}

/** What `draw` draws with the series that it is attached to, anew after each `update`. */
export function drawnOver(
  draw: (context: CanvasRenderingContext2D, size: Size) => void,
  order: PrimitivePaneViewZOrder = "normal",
) {
  let update = () => {};
  const primitive: ISeriesPrimitive<Time> = {
    attached({ requestUpdate }) {
      update = requestUpdate;
    },
    paneViews: () => [
      {
        zOrder: () => order,
        renderer: () => ({
          draw: (target) =>
            target.useMediaCoordinateSpace(({ context, mediaSize }) => draw(context, mediaSize)),
        }),
      },
    ],
  };
  return { primitive, update: () => update() };
}

/** Where bars lie: the middle of the first of all, how far apart they are, both in pixels, and which are in sight. */
export interface BarPlaces {
  zero: number;
  spacing: number;
  range: { from: number; to: number };
}

/** Where the bars of a chart lie now; null before there is a place for any. */
export function barPlaces(chart: IChartApiBase<Time>): BarPlaces | null {
  const scale = chart.timeScale();
  const range = scale.getVisibleLogicalRange();
  const [zero, one] = [0, 1].map((index) => scale.logicalToCoordinate(index as Logical));
  return range === null || zero == null || one == null
    ? null
    : { zero, spacing: one - zero, range };
}
