import { correlatePairs } from "../../src/core/statistics/correlation.ts";
import { readBars, readClosesOf } from "../../src/db/bars/read-bars.ts";
import type { Database } from "../../src/db/driver/database.ts";
import { readPositionSteps } from "../../src/db/events/read-position-steps.ts";
import { readSeries } from "../../src/db/series/read-series.ts";
import type { Aggregate } from "../../src/protocol/words/aggregate.ts";
import type { Interval } from "../../src/protocol/words/interval.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../src/protocol/words/time.ts";
import { ACCOUNT } from "./fill.ts";
import { DAY_US, SYMBOLS } from "./tape.ts";

/** What the routes ask of src/db, of rooms that have nothing which is not stored. */
export class OurQueries {
  readonly #db: Database;
  readonly #endUs: number;
  readonly #storedThrough: Cursor;

  constructor(db: Database, endUs: number) {
    this.#db = db;
    this.#endUs = endUs;
    this.#storedThrough = (Date.now() * 1_000) as Cursor;
  }

  async series(
    { symbol, metric }: { symbol: string; metric: string },
    days: number,
    stepUs: number,
    aggregates: readonly Aggregate[] = ["avg", "min", "max"],
  ): Promise<number> {
    const series = await readSeries(this.#db, {
      ...{ metric, symbol: symbol as SymbolName, labels: {}, stepUs, aggregates },
      fromUs: (this.#endUs - days * DAY_US) as EpochUs,
      toUs: this.#endUs as EpochUs,
      ...{ limit: 10_001, storedThrough: this.#storedThrough, tail: [] },
    });
    return series[0]?.ts.length ?? 0;
  }

  async bars(symbol: SymbolName, interval: Interval, limit: number, days: number) {
    const bars = await readBars(this.#db, {
      ...this.#tailed(symbol),
      ...this.#range(interval, limit, days),
    });
    return bars.length;
  }

  async correlation(): Promise<number> {
    return correlatePairs(await this.#closes("1h", 721, 30)).length;
  }

  /** What attribution reads of a day in minutes, and the value of an account at the end of each. */
  async positionValue(): Promise<number> {
    const closes = await this.#closes("1m", 1_441, 1);
    const steps = await readPositionSteps(this.#db, {
      symbols: SYMBOLS.map((symbol) => ({
        ...{ symbol, storedThrough: this.#storedThrough, tailCursor: this.#storedThrough },
        tail: [],
      })),
      ...{ account: ACCOUNT, limit: 50_000 },
      fromUs: (this.#endUs - DAY_US) as EpochUs,
      toUs: this.#endUs as EpochUs,
    });
    if (steps.kind === "too_many") throw new Error("too many steps");
    const values = new Map<number, number>();
    for (const [place, line] of closes.entries()) {
      const held = steps.bySymbol[place]?.get(ACCOUNT) ?? [];
      let next = 0;
      for (const [at, ts] of line.ts.entries()) {
        while (next < held.length && (held[next]?.ts ?? 0) <= ts) next += 1;
        const quantity = held[next - 1]?.quantity ?? 0;
        values.set(ts, (values.get(ts) ?? 0) + quantity * (line.values[at] ?? 0));
      }
    }
    return values.size;
  }

  #closes(interval: Interval, limit: number, days: number) {
    const range = this.#range(interval, limit, days);
    return readClosesOf(
      this.#db,
      SYMBOLS.map((symbol) => this.#tailed(symbol)),
      range,
    );
  }

  #tailed(symbol: SymbolName) {
    return { symbol, storedThrough: this.#storedThrough, tail: [] };
  }

  #range(interval: Interval, limit: number, days: number) {
    const fromUs = (this.#endUs - days * DAY_US) as EpochUs;
    return { interval, limit, fromUs, toUs: this.#endUs as EpochUs };
  }
}
