import type { CorrelatedPair } from "../../../src/protocol/answers/analytics.ts";
import { pairedReturns, scatterOf } from "../../data/analytics/shapes.ts";
import { formatPercent } from "../../data/words/format.ts";
import type { Closes } from "../../feed/analytics/closes.ts";
import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { useLast } from "../shell/use-last.ts";

/** The returns of a pair, one a bucket that both have. */
export function Scatter(props: { desk: Desk; closes: Closes; pair: CorrelatedPair }) {
  const { desk, closes, pair } = props;
  const answered = useAnswer(
    desk,
    () => closes([pair.a, pair.b]),
    () => null,
    [closes],
  );
  const value = useLast(answered.value);
  const { failure } = answered;
  if (failure !== null) return <FailureWords failure={failure} />;
  const [ofA, ofB] = value ?? [];
  const { reach, places } = scatterOf(ofA && ofB ? pairedReturns(ofA, ofB) : []);
  const [farA, farB] = reach.map(formatPercent);
  return (
    <figure class="scatter">
      <svg
        viewBox="-3 -3 106 106"
        role="img"
        aria-label={`${places.length} returns of ${pair.a} and ${pair.b}`}
        data-testid="scatter"
        data-points={places.length}
      >
        <path class="axes" d="M0 50h100M50 0v100" />
        <path
          class="dots"
          d={places.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("")}
        />
      </svg>
      <figcaption class="dim">
        {value === null
          ? "The server is asked for their returns…"
          : `Each dot is a return: ${pair.a} to the right, ${farA} at the edge; ${pair.b} upwards, ${farB} at the edge.`}
      </figcaption>
    </figure>
  );
}
