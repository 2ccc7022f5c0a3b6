import type { Figure, TailRisk } from "../../protocol/answers/analytics.ts";
import {
  cornishFisherHolds,
  cornishFisherQuantile,
  cornishFisherTailMean,
} from "./cornish-fisher.ts";
import { figureOf, noFigure } from "./figure.ts";
import { type Moments, meanOf } from "./moments.ts";
import { normalDensity, normalQuantile } from "./normal.ts";
import { quantileOf } from "./quantile.ts";

/** What one period may lose by a method: quantile and tail mean of its returns, turned over. */
interface Loss {
  value_at_risk: Figure;
  expected_shortfall: Figure;
}

/**
 * Value at risk and expected shortfall of one period at a level such as 0.95, in three ways. `sorted`: the returns,
 * smallest first. The deviation is the sample's, and 0 where the returns are constant.
 */
export function tailRisk(sorted: readonly number[], moments: Moments, level: number): TailRisk {
  const p = 1 - level;
  return {
    level,
    historical: historicalLoss(sorted, p),
    gaussian: gaussianLoss(moments, p),
    cornish_fisher: cornishFisherLoss(moments, p),
  };
}

function lossOf(quantile: number, tailMean: number): Loss {
  // Subtracted, for a minus sign would make -0 of 0.
  return { value_at_risk: figureOf(0 - quantile), expected_shortfall: figureOf(0 - tailMean) };
}

/** The quantile, and the mean of the returns at or below it. Under 1 / p returns this is about the worst one. */
function historicalLoss(sorted: readonly number[], p: number): Loss {
  const quantile = quantileOf(sorted, p);
  return lossOf(quantile, meanOf(sorted.filter((value) => value <= quantile)));
}

/** -(m + s z) and -m + s density(z) / p (McNeil, Frey, Embrechts, Quantitative Risk Management, 2015, section 2.3). */
function gaussianLoss({ mean, deviation }: Moments, p: number): Loss {
  const z = normalQuantile(p);
  return lossOf(mean + deviation * z, mean - (deviation * normalDensity(z)) / p);
}

/** Given outside its domain too, where it is in wide use, but marked: there a rarer loss can come out smaller. */
function cornishFisherLoss(moments: Moments, p: number): TailRisk["cornish_fisher"] {
  const { mean, deviation } = moments;
  if (deviation === 0) {
    const none = noFigure("zero_volatility");
    return { holds: false, value_at_risk: none, expected_shortfall: none };
  }
  const quantile = mean + deviation * cornishFisherQuantile(p, moments);
  const tailMean = mean + deviation * cornishFisherTailMean(p, moments);
  return { holds: cornishFisherHolds(moments), ...lossOf(quantile, tailMean) };
}
