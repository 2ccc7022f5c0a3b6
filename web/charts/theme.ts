/** Colours for canvases, which cannot read style sheets by themselves: the variables of style/tokens.css. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export const CANVAS_FONT =
  'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

/** Lines of one panel, told apart also without red and green. */
const LINE_COLOURS = [
  "#4c8dff",
  "#f5a524",
  "#b57bee",
  "#2dd4bf",
  "#f472b6",
  "#a3e635",
  "#fb7185",
  "#38bdf8",
  "#facc15",
  "#c084fc",
  "#34d399",
  "#fdba74",
] as const;

export function lineColour(index: number): string {
  return LINE_COLOURS[index % LINE_COLOURS.length] ?? LINE_COLOURS[0];
}
