import { useMemo } from "preact/hooks";
import type { CorrelatedPair, CorrelationAnswer } from "../../../src/protocol/answers/analytics.ts";
import { pairedReturns, scatterOf } from "../../data/analytics/shapes.ts";
import { closesOf } from "../../feed/analytics/closes.ts";
import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { useAnswer } from "../shell/use-answer.ts";

/** The returns of a pair, one a bucket that both have. */
export function Scatter(props: { desk: Desk; answer: CorrelationAnswer; pair: CorrelatedPair }) {
  const { desk, answer, pair } = props;
  const { interval, from, to } = answer;
  const ask = useMemo(() => closesOf(desk.api, { interval, from, to }), [interval, from, to]);
  const { value, failure } = useAnswer(
    desk,
    () => ask([pair.a, pair.b]),
    () => null,
    [...[ask, pair.a, pair.b]],
  );
  if (failure !== null) return <FailureWords failure={failure} />;
  const [ofA, ofB] = value ?? [];
  const places = ofA && ofB ? scatterOf(pairedReturns(ofA, ofB)) : [];
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
        Each dot a return: {pair.a} to the right, {pair.b} upwards. The farthest of each is at the
        edge.
      </figcaption>
    </figure>
  );
}
