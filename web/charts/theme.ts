/** Colours for canvases, which cannot read style sheets by themselves: the variables of style/tokens.css. */
export function colour(name: string): string {
  // A variable reads as it was written; the colour of an element is what became of it in this theme.
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.documentElement.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

export const CANVAS_FONT =
  'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

/** Lines of one panel have as many colours, told apart also without red and green. */
const LINE_COLOURS = 12;

/** For canvases. */
export function lineColour(index: number): string {
  return colour(`line-${(index % LINE_COLOURS) + 1}`);
}

/** The same for what style sheets reach. */
export function lineVariable(index: number): string {
  return `var(--line-${(index % LINE_COLOURS) + 1})`;
}
