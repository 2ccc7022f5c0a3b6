import { changeClass } from "../sign-class.ts";

const WIDTH = 112;
const HEIGHT = 26;
const VIEW = `0 0 ${WIDTH} ${HEIGHT}`;

/** The way of a price, in the colour of its change. For the eye only. */
export function Sparkline({
  values,
  change,
}: {
  values: readonly number[];
  change: number | null;
}) {
  if (values.length < 2) {
    return <svg class="sparkline" viewBox={VIEW} aria-hidden="true" />;
  }
  const low = Math.min(...values);
  const range = Math.max(...values) - low || 1;
  const step = WIDTH / (values.length - 1);
  const points = values
    .map((value, i) => {
      const y = HEIGHT - 3 - ((value - low) / range) * (HEIGHT - 6);
      return `${(i * step).toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
  return (
    <svg
      class={`sparkline ${changeClass(change)}`}
      viewBox={VIEW}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon points={`0,${HEIGHT} ${points} ${WIDTH},${HEIGHT}`} />
      <polyline points={points} />
    </svg>
  );
}
