import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storeImportedBars } from "../../../src/db/store/store-imported-bars.ts";
import { historyAnswerSchema, seriesAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { at, freshSymbol, metric, NOON_US, trade } from "../events.ts";
import { WorkerOnDatabase } from "../worker-on-database.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const RANGE = `from=${NOON_US - HOUR}&to=${NOON_US + HOUR}`;

describe.each(testDatabaseKinds())(
  "sums of decimals at the doors, on $name",
  ({ openMigrated }) => {
    let database: TestDatabase;
    let worker: WorkerOnDatabase;
    beforeAll(async () => {
      database = await openMigrated();
      worker = new WorkerOnDatabase(database);
    });
    afterAll(() => database.close());

    const volumes = async (symbol: string, interval: string) => {
      const { answer } = await worker.get(`/api/history/${symbol}?interval=${interval}&${RANGE}`);
      return historyAnswerSchema.parse(answer).bars.map(({ volume }) => volume);
    };

    it("B-9 a volume has the digits of the sizes it is the sum of, stored or not, and one that was posted its own", async () => {
      // As doubles 0.1 + 0.2 is 0.30000000000000004, and 1.005 three times 3.0149999999999997.
      const trades = [0.1, 0.2, 1.005, 1.005, 1.005].map((size, i) =>
        trade(NOON_US + (i < 2 ? 0 : MINUTE) + i, 5, size),
      );
      for (const inRoom of [0, 2, 5]) {
        const symbol = freshSymbol();
        await worker.tape(symbol, trades, inRoom);
        expect(await volumes(symbol, "1m"), `${inRoom} in the room`).toEqual([0.3, 3.015]);
        expect(await volumes(symbol, "1h")).toEqual([3.315]);
      }
      const posted = freshSymbol();
      const prices = { open: 5, high: 5, low: 5, close: 5 };
      const bar = (ts: number, volume: number) => ({
        ...{ symbol: posted, interval: "1m" as const, bar: { ts: at(ts), ...prices, volume } },
      });
      await storeImportedBars(database.db, [bar(NOON_US, 0.1), bar(NOON_US + MINUTE, 0.2)]);
      expect(await volumes(posted, "5m")).toEqual([0.3]);
      await storeImportedBars(database.db, [bar(NOON_US + 2 * MINUTE, 0.12345678901234568)]);
      expect(await volumes(posted, "1m")).toEqual([0.1, 0.2, 0.12345678901234568]);
    });

    it("B-9 so has the sum of a series, and comes with what was asked for alone", async () => {
      const symbol = freshSymbol();
      const points = [1.005, 1.005, 1.005].map((value, i) => metric("fee", NOON_US + i, value));
      await worker.tape(symbol, points, 1);
      const query = `/api/series?symbol=${symbol}&metric=fee&step=1m&agg=sum&${RANGE}`;
      const { series } = seriesAnswerSchema.parse((await worker.get(query)).answer);
      expect(series).toEqual([{ metric: "fee", symbol, labels: {}, ts: [NOON_US], sum: [3.015] }]);
      const more = await worker.get(query.replace("agg=sum", "agg=sum,max"));
      expect(seriesAnswerSchema.parse(more.answer).series[0]).toMatchObject({
        ...{ sum: [3.015], max: [1.005] },
      });
    });
  },
);
