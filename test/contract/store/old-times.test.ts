import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ZodType } from "zod";
import { retain } from "../../../src/db/upkeep/retention.ts";
import {
  correlationAnswerSchema,
  riskAnswerSchema,
} from "../../../src/protocol/answers/analytics.ts";
import {
  acceptedSchema,
  historyAnswerSchema,
  seriesAnswerSchema,
} from "../../../src/protocol/answers/answers.ts";
import { attributionAnswerSchema } from "../../../src/protocol/answers/attribution.ts";
import { testDatabaseKinds } from "../databases.ts";
import { at, freshSymbol } from "../events.ts";
import { type KeptDatabase, keepDatabase } from "../kept-database.ts";
import { WorkerOnDatabase } from "../worker-on-database.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Said {
  gone_before?: number | undefined;
}

describe.each(testDatabaseKinds())("old times at the doors, on $name", ({ openMigrated }) => {
  let database: KeptDatabase;
  let worker: WorkerOnDatabase;
  /** Ten days ago at ten in the morning: raw data there is until it is dropped. */
  let tenDaysAgo: number;
  /** The same, of a time whose raw data was never kept. */
  let longAgo: number;
  const tradedSymbol = freshSymbol();
  const cutSymbol = freshSymbol();
  let beforeDrop: unknown[];

  beforeAll(async () => {
    database = await keepDatabase(await openMigrated());
    worker = new WorkerOnDatabase(database);
    tenDaysAgo = Math.floor(Date.now() / 86_400_000 - 10) * DAY + 10 * HOUR;
    longAgo = tenDaysAgo - 120 * DAY;
    await push("/api/trades", trades());
    await push("/api/metrics", points());
    const four = [10, 20, 70_000_000, 80_000_000].map((us) => ({
      ...{ symbol: cutSymbol, metric: "m", value: 1, ts: tenDaysAgo + us },
    }));
    await push("/api/metrics", four);
    await push("/api/trades", [{ symbol: cutSymbol, price: 5, size: 1, ts: tenDaysAgo + 1 }]);
    await push("/api/metrics", [{ metric: "portfolio_value", value: 100, ts: tenDaysAgo }]);
    database.clock.nowUs = at(database.clock.nowUs + 15 * DAY);
    await upToDate();
    beforeDrop = [(await day()).bars, (await hours()).series];
    const days = { rawDays: 7, minutesDays: 0 };
    expect((await retain(database.db, database.clock.nowUs, days)).rawDropped).toBe(true);
  });
  afterAll(() => database.close());

  const history = async (query: string) =>
    historyAnswerSchema.parse((await worker.get(`/api/history/${query}`)).answer);
  const series = async (query: string) =>
    seriesAnswerSchema.parse((await worker.get(`/api/series?${query}`)).answer);
  const push = async (path: string, events: unknown) =>
    acceptedSchema.parse(await worker.push(path, events));
  const upToDate = async () => {
    while ((await database.keep()) === "behind");
  };
  const trades = () =>
    Array.from({ length: 156 }, (_, i) => ({
      ...{ symbol: tradedSymbol, id: String(i), price: 100 + i, size: 2 },
      ts: tenDaysAgo + i * 20_000_000,
    }));
  const points = () =>
    trades().map(({ symbol, ts }, i) => ({ ...{ symbol, metric: "m", value: i, ts } }));
  const day = () => history(`${tradedSymbol}?interval=1d`);
  const hours = () => {
    const range = `from=${tenDaysAgo - DAY}&to=${tenDaysAgo + DAY}&step=1h&agg=sum,count`;
    return series(`metric=m&symbol=${tradedSymbol}&${range}`);
  };

  it("R-2 cuts buckets at from and to wherever raw points are, however old", async () => {
    const symbol = freshSymbol();
    const points = [10, 50, 70, 110].map((minute) => ({
      ...{ symbol, metric: "m", value: 1, ts: longAgo + minute * MINUTE },
    }));
    expect(await push("/api/metrics", points)).not.toHaveProperty("set_aside");
    const sums = async (fromMinute: number, toMinute: number, step: string) => {
      const range = `from=${longAgo + fromMinute * MINUTE}&to=${longAgo + toMinute * MINUTE}`;
      const answer = await series(`metric=m&symbol=${symbol}&${range}&step=${step}&agg=sum,count`);
      expect(answer.series[0]).not.toHaveProperty("whole_buckets");
      return answer.series[0]?.sum;
    };
    for (const look of ["at once", "rolled up"]) {
      expect({ look, sum: await sums(30, 90, "1h") }).toEqual({ look, sum: [1, 1] });
      expect(await sums(0, 30, "1h")).toEqual([1]);
      expect(await sums(30, 60, "1h")).toEqual([1]);
      expect(await sums(30, 90, "150m")).toEqual([2]);
      expect(await sums(30, 90, "5m")).toEqual([1, 1]);
      await upToDate();
    }
  });

  it("K-1 I-7 INV-6 counts trades that are sent again once, though their raw data is gone, and says that they are set aside", async () => {
    const symbol = tradedSymbol;
    expect(beforeDrop[0]).toMatchObject([{ trades: 156, volume: 312 }]);
    const isSame = async () =>
      expect([(await day()).bars, (await hours()).series]).toEqual(beforeDrop);
    await isSame();
    const again = await push("/api/trades", trades().slice(0, 150));
    expect(again).toMatchObject({ accepted: 150, set_aside: { [symbol]: 150 } });
    const corrected = points().map((point) => ({ ...point, value: 1_000 }));
    expect(await push("/api/metrics", corrected)).toMatchObject({ set_aside: { [symbol]: 156 } });
    await isSame();
    await upToDate();
    await isSame();

    const fresh = { symbol, price: 7, size: 1, ts: tenDaysAgo + 5 * HOUR };
    const mixed = [{ ...fresh, id: "new" }, trades()[0]];
    for (const _ of ["once", "and again"]) {
      expect(await push("/api/trades", mixed)).toMatchObject({ set_aside: { [symbol]: 1 } });
      await upToDate();
      expect((await day()).bars).toMatchObject([{ trades: 157, volume: 313, low: 7 }]);
    }
    const ready = (await worker.get("/readyz")).answer;
    expect(ready).toMatchObject({ memory: { set_aside: { points: 156, trades: 150 } } });
    expect(ready["warnings"]).toContain("events_set_aside");
  });

  it("R-2 R-3 says what it cannot cut where raw data is gone, and what is gone", async () => {
    const [symbol, base] = [cutSymbol, tenDaysAgo];
    const ask = async (fromUs: number, toUs: number, step: string) => {
      const range = `from=${base + fromUs}&to=${base + toUs}&step=${step}&agg=sum`;
      return (await series(`metric=m&symbol=${symbol}&${range}`)).series[0];
    };
    // Between the points of a minute, between minutes, and between points again.
    expect(await ask(15, HOUR, "1h")).toMatchObject({ sum: [4], whole_buckets: [base] });
    const cut = await ask(MINUTE, HOUR, "1h");
    expect(cut).toMatchObject({ ts: [base], sum: [2] });
    expect(cut).not.toHaveProperty("whole_buckets");
    expect(await ask(0, 75_000_000, "1m")).toMatchObject({
      ...{ ts: [base, base + MINUTE], sum: [2, 2], whole_buckets: [base + MINUTE] },
    });
    const gone = await ask(0, HOUR, "10s");
    expect(gone).toMatchObject({ ts: [], sum: [] });
    expect(gone?.gone_before).toBeGreaterThan(base + HOUR);
    const query = `${symbol}?from=${base}&to=${base + HOUR}`;
    expect(await history(`${query}&interval=1s`)).toMatchObject({
      ...{ bars: [], gone_before: gone?.gone_before },
    });
    const minutes = await history(`${query}&interval=1m`);
    expect(minutes.bars).toHaveLength(1);
    expect(minutes).not.toHaveProperty("gone_before");
  });

  it("R-3 analytics say from when on they have everything, where they rest on what is gone", async () => {
    const fresh = freshSymbol();
    await push("/api/trades", [
      { symbol: fresh, price: 5, size: 1, ts: Date.now() * 1_000 - HOUR },
    ]);
    const [one, other, base] = [cutSymbol, tradedSymbol, tenDaysAgo];
    const gone = (await history(`${one}?interval=1s&from=${base}&to=${base + HOUR}`)).gone_before;
    expect(gone).toBeGreaterThan(base);
    const ask = async (path: string, schema: ZodType<Said>) => {
      const { status, answer } = await worker.ask(path);
      expect(status).toBe(200);
      return schema.parse(answer);
    };
    const range = `from=${base}&to=${base + HOUR}`;
    const risk = (query: string) => ask(`risk?${query}`, riskAnswerSchema);
    const correlation = (query: string) => ask(`correlation?${query}`, correlationAnswerSchema);
    const attribution = (query: string) => ask(`attribution?${query}`, attributionAnswerSchema);
    const all = [
      await risk(`symbol=${one}&interval=1s&${range}`),
      await risk(`symbol=${one}&interval=1s`),
      await risk(`symbol=${one}&metric=m&interval=1s&${range}`),
      await correlation(`symbols=${fresh},${other}&interval=1s&${range}`),
      await attribution(`symbols=${other}&interval=1s&${range}`),
      // No close there: the last one before it may have been in what is gone.
      await attribution(
        `symbols=${fresh},${other}&interval=15s&from=${base + HOUR}&to=${base + 2 * HOUR}`,
      ),
      await attribution(`symbols=${fresh}&interval=1h&${range}&value=portfolio_value`),
    ];
    expect(all.map(({ gone_before }) => gone_before)).toEqual(all.map(() => gone));
    const whole = [
      await risk(`symbol=${one}&interval=1m&${range}`),
      await risk(`symbol=${fresh}&interval=1s`),
      await risk(`symbol=${one}&metric=m&interval=1m&${range}`),
      await correlation(`symbols=${one},${other}&interval=1m&${range}`),
      await attribution(`symbols=${one},${other}&interval=1m&${range}`),
    ];
    for (const answer of whole) expect(answer).not.toHaveProperty("gone_before");
    const fees = `symbols=${one}&fees=m&interval=1s&from=${base + 75_000_000}&to=${base + HOUR}`;
    expect(await attribution(fees)).toMatchObject({ whole_buckets: [base] });
  });

  it("R-3 says that an answer is cut to the newest, and where the rest is", async () => {
    const symbol = freshSymbol();
    const start = longAgo + 5 * DAY;
    const points = Array.from({ length: 12_000 }, (_, i) => ({
      ...{ symbol, metric: "m", value: i, ts: start + i * 1_000 },
    }));
    const rare = { symbol, metric: "m", value: -1, labels: { venue: "x" } };
    points.push({ ...rare, ts: start + 1 } as never, { ...rare, ts: start + 11_999_000 } as never);
    await push("/api/metrics", points);
    const range = (to: number) => `metric=m&symbol=${symbol}&from=${start}&to=${to}&step=raw`;
    const first = await series(range(start + DAY));
    expect(first).toMatchObject({ truncated: true, next: start + 2_000_000 });
    expect(first.series.map(({ ts }) => ts.length)).toEqual([1, 10_000]);
    const rest = await series(range(first.next ?? 0));
    expect(rest).not.toHaveProperty("truncated");
    expect(rest.series.map(({ ts }) => ts.length)).toEqual([1, 2_000]);

    const trades = Array.from({ length: 12 }, (_, i) => ({
      ...{ symbol, price: i + 1, size: 1, ts: start + i * HOUR },
    }));
    await push("/api/trades", trades);
    const found: number[] = [];
    let to = "";
    for (const expected of [true, true, undefined]) {
      const page = await history(`${symbol}?interval=1m&limit=5${to}`);
      expect(page.truncated).toBe(expected);
      found.unshift(...page.bars.map(({ open }) => open));
      to = `&to=${page.next}`;
    }
    expect(found).toEqual(trades.map(({ price }) => price));
  });
});
