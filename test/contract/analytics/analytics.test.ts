import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  correlationAnswerSchema,
  riskAnswerSchema,
} from "../../../src/protocol/answers/analytics.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { expected, monthlyPrices } from "../../unit/statistics/published.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { freshSymbol, metric, NOON_US, trade } from "../events.ts";
import { WorkerOnDatabase } from "../worker-on-database.ts";

const DAY = 86_400_000_000;
const STOCKS = ["MSFT", "AMZN", "IBM", "GOOG", "AAPL"];
const DECADE = "from=2000-01-01T00:00:00Z&to=2010-04-01T00:00:00Z";

describe.each(testDatabaseKinds())("analytics on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  let worker: WorkerOnDatabase;

  beforeAll(async () => {
    database = await openMigrated();
    worker = new WorkerOnDatabase(database);
    for (const stock of STOCKS) {
      const { ts, values } = monthlyPrices(stock);
      await tape(
        stock as SymbolName,
        ts.map((us, at) => trade(us, values[at] as number, 1)),
      );
    }
  });
  afterAll(() => database.close());

  const tape: WorkerOnDatabase["tape"] = (...given) => worker.tape(...given);
  const ask = (path: string) => worker.ask(path);

  const correlation = async (query: string) =>
    correlationAnswerSchema.parse((await ask(`correlation?${query}`)).answer);

  const risk = async (query: string) => riskAnswerSchema.parse((await ask(`risk?${query}`)).answer);

  describe("correlation", () => {
    it("of published prices is what other programs find", async () => {
      const { pairs } = await correlation(`symbols=${STOCKS.join()}&interval=1d&${DECADE}`);
      expect(pairs).toEqual(
        expected.correlations.map(({ a, b, observations, pearson, spearman }) => ({
          ...{ a, b },
          correlation: {
            ...{ kind: "ok", observations },
            ...{ pearson: expect.closeTo(pearson, 12), spearman: expect.closeTo(spearman, 12) },
          },
        })),
      );
    });

    it("INV-3 counts what the rooms alone have, late trades among it", async () => {
      const [a, b] = [freshSymbol(), freshSymbol()];
      const at = (day: number, price: number) => trade(NOON_US + day * DAY, price, 1);
      const bought = [at(0, 10), at(1, 11), at(3, 9), at(4, 12), at(2, 10)];
      const sold = [at(0, 5), at(2, 6), at(1, 5), at(4, 7), at(3, 4)];
      const query = `symbols=${a},${b}&interval=1d&from=${NOON_US - DAY}&to=${NOON_US + 9 * DAY}`;
      await tape(a, bought);
      await tape(b, sold);
      const { pairs, cursors } = await correlation(query);
      expect(pairs[0]?.correlation).toMatchObject({ kind: "ok", observations: 4 });
      expect(cursors).toEqual({ [a]: 5, [b]: 5 });
      for (const inRoom of [1, 3, 5]) {
        const [c, d] = [freshSymbol(), freshSymbol()];
        await tape(c, bought, inRoom);
        await tape(d, sold, 5 - inRoom);
        const cut = await correlation(query.replace(`${a},${b}`, `${c},${d}`));
        expect(cut.pairs[0]?.correlation, `${inRoom} in the room`).toEqual(pairs[0]?.correlation);
      }
    });

    it("of what nobody traded has nothing to go by, and says so", async () => {
      const { pairs, cursors } = await correlation(`symbols=MSFT,NO-ONE&interval=1d&${DECADE}`);
      expect(cursors["NO-ONE"]).toBe(0);
      expect(pairs).toEqual([
        {
          ...{ a: "MSFT", b: "NO-ONE" },
          correlation: { kind: "too_little_data", observations: 0, needed: 3 },
        },
      ]);
    });

    it("takes fifty symbols, and looks at the newest 500 buckets without a range", async () => {
      const symbols = Array.from({ length: 50 }, (_, at) => `X${at}`).join();
      const answer = await correlation(`symbols=${symbols}`);
      expect(answer.pairs).toHaveLength(1_225);
      expect((answer.to - answer.from) / 3_600_000_000).toBe(500);
    });
  });

  describe("risk", () => {
    const MSFT = expected.risks.MSFT;
    const terms = `risk_free=${MSFT.risk_free}&periods_per_year=${MSFT.periods_per_year}`;
    const figures = {
      ...{ kind: "ok", observations: MSFT.observations },
      sharpe: { value: expect.closeTo(MSFT.sharpe, 12) },
      calmar: { value: expect.closeTo(MSFT.calmar, 12) },
      max_drawdown: {
        ...{ kind: "drawdown", depth: expect.closeTo(MSFT.max_drawdown.depth, 12) },
        ...{ peak: Date.parse(MSFT.max_drawdown.peak) * 1_000, recovery: null },
        trough: Date.parse(MSFT.max_drawdown.trough) * 1_000,
      },
    };

    it("of published prices is what other programs find", async () => {
      const answer = await risk(`symbol=MSFT&interval=1d&${DECADE}&${terms}`);
      expect(answer).toMatchObject({ symbol: "MSFT", risk_free: 0.03, periods_per_year: 12 });
      expect(answer.risk).toMatchObject(figures);
      const { ts } = monthlyPrices("MSFT");
      expect(answer.risk).toMatchObject({ first: ts[0], last: ts.at(-1) });
    });

    it("is the same of a series, whose last value of each bucket counts, in Postgres or in the room", async () => {
      const { ts, values } = monthlyPrices("MSFT");
      const points = ts.flatMap((us, at) => [
        metric("portfolio_value", us + 2, values[at] as number, { book: "x" }),
        metric("portfolio_value", us + 1, 1, { book: "x" }),
      ]);
      const symbol = freshSymbol();
      await tape(symbol, points, 51);
      const query = `metric=portfolio_value&symbol=${symbol}&interval=1d&${DECADE}&${terms}`;
      const answer = await risk(query);
      expect(answer).toMatchObject({ metric: "portfolio_value", labels: { book: "x" } });
      expect(answer.cursor).toBe(points.length);
      expect(answer.risk).toMatchObject(figures);
    });

    it("without a range is that of the newest buckets there are, of closes and of a series, however old", async () => {
      const { ts, values } = monthlyPrices("MSFT");
      const whole = await risk(`symbol=MSFT&interval=1d&${DECADE}`);
      const newest = await risk("symbol=MSFT&interval=1d");
      expect(newest.risk).toEqual(whole.risk);
      expect(newest.from).toBe(Math.floor((ts[0] as number) / DAY) * DAY);
      // Older than the 10,000 minutes that are looked at first.
      const symbol = freshSymbol();
      const minute = (at: number) =>
        Math.floor((ts.at(-1) as number) / DAY) * DAY + at * 60_000_000;
      await tape(
        symbol,
        values.slice(0, 9).map((value, at) => metric("value", minute(at), value)),
      );
      const old = await risk(`metric=value&symbol=${symbol}&interval=1m`);
      expect(old).toMatchObject({ from: minute(0), risk: { observations: 8 } });
      const { pairs } = await correlation("symbols=MSFT,IBM&interval=1d");
      expect(pairs[0]?.correlation).toMatchObject({ kind: "ok", observations: 122 });
    });

    it("takes the series that has just these labels, and refuses to choose among others", async () => {
      const symbol = freshSymbol();
      const day = (at: number, value: number, labels: Record<string, string>) =>
        metric("value", NOON_US + at * DAY, value, labels);
      const sets: Record<string, string>[] = [
        { book: "x" },
        { book: "x", desk: "1" },
        { desk: "1" },
      ];
      await tape(
        symbol,
        sets.flatMap((labels, set) => [1, 2, 3, 4].map((at) => day(at, at + set, labels))),
      );
      const query = `metric=value&symbol=${symbol}&from=${NOON_US - DAY}&to=${NOON_US + 9 * DAY}`;
      const answer = await risk(`${query}&labels={"book":"x"}`);
      expect(answer).toMatchObject({ labels: { book: "x" }, risk: { total_return: { value: 3 } } });
      const refused = await ask(`risk?${query}`);
      expect(refused).toMatchObject({ status: 400, answer: { errors: [{ path: "labels" }] } });
      const none = await risk(`${query}&labels={"book":"y"}`);
      expect(none.risk).toEqual({ kind: "too_little_data", observations: 0, needed: 3 });
    });

    it("counts every bucket of 365 days as a year, where nothing is said", async () => {
      const answer = await risk("symbol=NO-ONE");
      expect(answer).toMatchObject({ interval: "1d", risk_free: 0, periods_per_year: 365 });
      expect((await risk("symbol=NO-ONE&interval=1h")).periods_per_year).toBe(8_760);
    });
  });
});
