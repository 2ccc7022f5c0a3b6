import type { BenchmarkPush, BrinsonFachler } from "../../protocol/answers/attribution.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { BucketValues } from "../statistics/bucket-values.ts";
import { type BenchmarkPart, brinsonFachler } from "./brinson-fachler.ts";
import type { SymbolShare, Total } from "./portfolio-pnl.ts";
import { priceBefore } from "./price-line.ts";
import type { Span } from "./symbol-pnl.ts";

/** The attribution against a posted benchmark. Returns are those of the whole span, before fees. */
export function attributeToBenchmark(
  { shares, total }: { shares: readonly SymbolShare[]; total: Total },
  push: BenchmarkPush,
  closesOf: ReadonlyMap<SymbolName, BucketValues>,
  span: Span,
): BrinsonFachler {
  if (total.kind !== "cents") return total;
  // A map, for a symbol may be called as what every object has.
  const segments = new Map(Object.entries(push.segments ?? {}));
  const segmentOf = (symbol: SymbolName) => segments.get(symbol) ?? symbol;
  const held = shares.flatMap(({ symbol, result }) =>
    result.kind === "priced"
      ? [
          {
            segment: segmentOf(symbol),
            capital: result.capitalCents,
            gain: Number(result.pnlCents),
          },
        ]
      : [],
  );
  const parts: BenchmarkPart[] = [];
  const noPrice: SymbolName[] = [];
  const notPositive: SymbolName[] = [];
  for (const { symbol, segment, weight, return: given } of push.benchmark) {
    if (symbol === undefined) {
      parts.push({ segment: segment as string, weight, return: given as number });
      continue;
    }
    const closes = closesOf.get(symbol) ?? { ts: [], values: [] };
    const start = priceBefore(closes, span.fromUs)?.price;
    const end = priceBefore(closes, span.toUs)?.price;
    if (start === undefined || end === undefined) noPrice.push(symbol);
    else if (start <= 0) notPositive.push(symbol);
    else parts.push({ segment: segmentOf(symbol), weight, return: (end - start) / start });
  }
  if (noPrice.length > 0) return { kind: "no_price", symbols: noPrice };
  if (notPositive.length > 0) return { kind: "not_positive", symbols: notPositive };
  return brinsonFachler(held, parts);
}
