import type { CandlestickData, ISeriesApi, UTCTimestamp } from "lightweight-charts";
import { expect, test } from "vitest";
import { createCandleSeries } from "../../../../web/charts/candle-series.ts";

const candle = (second: number, price = second): CandlestickData => {
  return { time: second as UTCTimestamp, open: price, high: price, low: price, close: price };
};
const candles = (count: number) => Array.from({ length: count }, (_, second) => candle(second));

/** Both series, and what each was given. */
function charted() {
  const told: string[][] = [];
  const series = createCandleSeries(() => {
    const calls: string[] = [];
    told.push(calls);
    return {
      applyOptions: () => {},
      setData: (data: readonly CandlestickData[]) => calls.push(`set ${data.length}`),
      update: ({ time }: CandlestickData, isOld: boolean) =>
        calls.push(`${isOld ? "mend" : "update"} ${time}`),
    } as unknown as ISeriesApi<"Candlestick">;
  });
  const [past = [], live = []] = told;
  return { series, past, live };
}

test("what moves with each trade is not of the series that has all the bars", () => {
  const { series, past, live } = charted();
  series.setAll(candles(110_000));
  for (let trade = 1; trade <= 100; trade += 1) {
    series.update(candle(109_999, trade), 109_999, 109_999);
  }
  series.update(candle(110_000), 110_000, 109_999);
  expect(past).toEqual(["set 109999"]);
  expect(live).toHaveLength(102);
  expect(live.at(0)).toBe("set 1");
  expect(live.at(-1)).toBe("update 110000");
});

test("a bar of the past is mended where it is", () => {
  const { series, past, live } = charted();
  series.setAll(candles(10));
  series.update(candle(10), 10, 9);
  series.update(candle(4), 4, 10);
  series.update(candle(9), 9, 10);
  expect(past).toEqual(["set 9", "mend 4"]);
  expect(live).toEqual(["set 1", "update 10", "mend 9"]);
});

test("one bar, and none, are no special case", () => {
  const { series, past, live } = charted();
  series.setAll([]);
  series.update(candle(0), 0, -1);
  series.setAll(candles(1));
  expect(past).toEqual(["set 0", "set 0"]);
  expect(live).toEqual(["set 0", "update 0", "set 1"]);
});

test("a chart that has taken many bars since is set anew", () => {
  const { series } = charted();
  series.setAll(candles(100));
  expect(series.isLong(5_000)).toBe(false);
  expect(series.isLong(5_200)).toBe(true);
});
