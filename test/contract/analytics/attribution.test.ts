import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { attributionAnswerSchema } from "../../../src/protocol/answers/attribution.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../../../src/protocol/words/symbol.ts";
import { bookStates, expected } from "../../unit/attribution/book.ts";
import { monthlyPrices } from "../../unit/statistics/published.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import { freshSymbol, metric, NOON_US, position, trade } from "../events.ts";
import { WorkerOnDatabase } from "../worker-on-database.ts";

const HOUR = 3_600_000_000;
const STOCKS = ["MSFT", "AMZN", "IBM", "GOOG", "AAPL"] as const;
const YEARS = `interval=1d&from=${expected.from}T00:00:00Z&to=${expected.to}T00:00:00Z`;

describe.each(testDatabaseKinds())("attribution on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  let worker: WorkerOnDatabase;

  beforeAll(async () => {
    database = await openMigrated();
    worker = new WorkerOnDatabase(database);
    for (const [at, stock] of STOCKS.entries()) {
      const { ts, values } = monthlyPrices(stock);
      const trades = ts.map((us, month) => trade(us, values[month] as number, 1));
      const states = bookStates
        .filter(({ symbol }) => symbol === stock)
        .map((one) => position(one.ts, one.quantity, one.avgPrice ?? undefined, one.account));
      const events: TapeEvent[] = [...trades, ...states];
      // Some stocks' newest states are in the room alone, some have trades there too, and one has nothing there.
      await worker.tape(stock as string as SymbolName, events, at * 3);
    }
  });
  afterAll(() => database.close());

  async function attribution(query: string, body?: unknown) {
    const { status, answer } = await worker.ask(`attribution?${query}`, body);
    expect(status, JSON.stringify(answer)).toBe(200);
    return attributionAnswerSchema.parse(answer);
  }
  const range = (hours: number) => `from=${NOON_US}&to=${NOON_US + hours * HOUR}`;

  it("of a book of published prices is to the cent what other programs find", async () => {
    const { by_symbol, total, cursors, account } = await attribution(
      `symbols=${STOCKS.join()}&${YEARS}`,
    );
    for (const { symbol, pnl, fees } of by_symbol) {
      const wanted = expected.all.by_symbol[symbol as (typeof STOCKS)[number]];
      expect(pnl).toMatchObject({ kind: "ok", pnl: wanted.pnl, net_flow: wanted.net_flow });
      expect(fees).toBeNull();
    }
    expect(total).toMatchObject({ kind: "ok", ...expected.all.total });
    expect(account).toBeNull();
    expect(Object.keys(cursors)).toEqual([...STOCKS]);
  });

  it("of one account counts its positions alone, and says of which symbols it has none", async () => {
    const answer = await attribution(`symbols=${STOCKS.join()}&account=alpha&${YEARS}`);
    expect(answer).toMatchObject({ account: "alpha", total: expected.alpha.total });
    const none = answer.by_symbol.filter(({ pnl }) => pnl.kind === "no_position");
    expect(none.map(({ symbol }) => symbol)).toEqual(["GOOG", "AAPL"]);
    const unnamed = await attribution(`symbols=${STOCKS.join()}&account=&${YEARS}`);
    expect(unnamed.total).toEqual({ kind: "no_position" });
  });

  it("against a posted benchmark has the effects that other programs find", async () => {
    const { push, brinson_fachler: wanted } = expected.benchmark;
    const answer = await attribution(`symbols=${STOCKS.join()}&${YEARS}`, push);
    expect(answer.total).toMatchObject(expected.all.total);
    expect(answer.brinson_fachler).toMatchObject({
      kind: "ok",
      allocation: expect.closeTo(wanted.allocation, 12),
      selection: expect.closeTo(wanted.selection, 12),
      interaction: expect.closeTo(wanted.interaction, 12),
      excess_return: expect.closeTo(wanted.excess_return, 12),
    });
  });

  it("takes the returns of a benchmark that is not held from its closes", async () => {
    const body = { benchmark: [{ symbol: "AAPL", weight: 1 }], segments: { AAPL: "x", IBM: "x" } };
    const answer = await attribution(`symbols=IBM&${YEARS}`, body);
    expect(answer.by_symbol).toHaveLength(1);
    expect(Object.keys(answer.cursors)).toEqual(["IBM", "AAPL"]);
    const [first, last] = expected.all.by_symbol.AAPL.price as [number, number];
    expect(answer.brinson_fachler).toMatchObject({
      ...{ kind: "ok", benchmark_return: expect.closeTo(last / first - 1, 12) },
      allocation: expect.closeTo(0, 12),
      segments: [{ segment: "x", portfolio_weight: 1, benchmark_weight: 1 }],
    });
    const unpriced = { benchmark: [{ symbol: "NO-ONE", weight: 1 }] };
    expect((await attribution(`symbols=IBM&${YEARS}`, unpriced)).brinson_fachler).toEqual({
      ...{ kind: "no_price", symbols: ["NO-ONE"] },
    });
  });

  it("INV-3 is the same wherever the log is cut between Postgres and the room, late events among it", async () => {
    const events = [
      trade(NOON_US - 40 * HOUR, 10, 1),
      position(NOON_US - 30 * HOUR, 4, 9),
      trade(NOON_US + 1, 11, 1),
      position(NOON_US + 2 * HOUR + 1, 1, 9),
      trade(NOON_US + 2 * HOUR + 5, 12, 1),
      trade(NOON_US + 4 * HOUR, 15, 1),
      position(NOON_US + HOUR, 6, 9.5),
      position(NOON_US + HOUR, 5, 9.4),
    ];
    // 40.00 at first; one bought for 5 x 9.40 - 4 x 9.00 = 11.00, four sold at 12.00; 15.00 at last.
    const wanted = {
      ...{ kind: "ok", net_flow: -37, pnl: 12, trades: { from_avg_price: 1, at_close: 1 } },
      start: { quantity: 4, price: 10, price_ts: NOON_US - 40 * HOUR, value: 40 },
      end: { quantity: 1, price: 15, price_ts: NOON_US + 4 * HOUR, value: 15 },
    };
    for (let inRoom = 0; inRoom <= events.length; inRoom += 1) {
      const symbol = freshSymbol();
      await worker.tape(symbol, events, inRoom);
      const answer = await attribution(`symbols=${symbol}&interval=1h&${range(6)}`);
      expect(answer.by_symbol[0]?.pnl, `${inRoom} in the room`).toEqual(wanted);
      expect(answer.cursors).toEqual({ [symbol]: events.length });
    }
  });

  it("adds fees up as the decimals they are: three times 1.005 is 3.02, and not what doubles make of it", async () => {
    const symbol = freshSymbol();
    const fees = [1, 2, 3].map((at) => metric("fees", NOON_US + at, 1.005));
    await worker.tape(symbol, fees, 1);
    const { by_symbol } = await attribution(`symbols=${symbol}&${range(2)}&fees=fees`);
    expect(by_symbol[0]?.fees).toBe(3.02);
  });

  it("shows fees, and what the reported value of the portfolio has beside", async () => {
    const symbol = freshSymbol();
    const fee = (ts: number, value: number, labels?: Record<string, string>) =>
      metric("fees", ts, value, labels);
    await worker.tape(
      symbol,
      [
        trade(NOON_US - 1, 10, 1),
        trade(NOON_US + 1, 12.5, 1),
        position(NOON_US - 1, 100, 9, "x"),
        ...[fee(NOON_US - 1, 77), fee(NOON_US, 0.1), fee(NOON_US + HOUR, 0.2, { venue: "a" })],
        ...[fee(NOON_US + 1, 1.5, { account: "x" }), fee(NOON_US + 2 * HOUR, 99)],
      ],
      3,
    );
    await worker.tape(
      SYSTEM_SYMBOL,
      [
        metric("portfolio_value", NOON_US - 50 * HOUR, 5_000),
        metric("portfolio_value", NOON_US + 1, 1),
        metric("portfolio_value", NOON_US + 2 * HOUR, 5_248.5),
        metric("portfolio_value", NOON_US + 2 * HOUR + 1, 1),
        metric("portfolio_value", NOON_US - HOUR, 1_000, { account: "x" }),
        metric("portfolio_value", NOON_US + HOUR, 1_300, { account: "x" }),
        metric("quiet", NOON_US - HOUR, 1),
        metric("many", NOON_US, 1, { a: "1" }),
        metric("many", NOON_US, 1, { a: "2" }),
      ],
      2,
    );
    const query = `symbols=${symbol}&${range(2)}&fees=fees`;
    const all = await attribution(`${query}&value=portfolio_value`);
    expect(all.by_symbol[0]?.fees).toBe(1.8);
    expect(all.total).toMatchObject({ change: 250, pnl: 250, net_flow: 0, fees: 1.8 });
    expect(all.reported).toEqual({
      ...{ kind: "ok", change: 248.5, residual: 0.3 },
      start: { ts: NOON_US - 50 * HOUR, value: 5_000 },
      end: { ts: NOON_US + 2 * HOUR, value: 5_248.5 },
    });
    const one = await attribution(`${query}&value=portfolio_value&account=x`);
    expect(one).toMatchObject({ total: { fees: 1.5 }, reported: { change: 300, residual: 51.5 } });
    const none = await attribution(`${query}&value=quiet&account=`);
    expect(none.total).toEqual({ kind: "no_position" });
    expect(none.by_symbol[0]?.fees).toBe(0.3);
    expect(none.reported).toEqual({ kind: "too_little_data", missing: "end" });
    const missing = await attribution(`${query}&value=nothing`);
    expect(missing.reported).toEqual({ kind: "too_little_data", missing: "start" });
    const refused = await worker.ask(`attribution?${query}&value=many`);
    expect(refused).toMatchObject({ status: 400, answer: { errors: [{ path: "value" }] } });
  });

  it("without enough to go by says what is missing", async () => {
    const [priced, unpriced] = [freshSymbol(), freshSymbol()];
    await worker.tape(priced, [trade(NOON_US - 1, 10, 1), position(NOON_US, 1)]);
    await worker.tape(unpriced, [position(NOON_US, 1), trade(NOON_US + 1, 10, 1)]);
    const answer = await attribution(`symbols=${priced},${unpriced},NO-ONE&${range(2)}`);
    expect(answer.by_symbol).toMatchObject([
      { pnl: { kind: "ok", pnl: 0 } },
      { pnl: { kind: "no_price", ts: NOON_US } },
      { pnl: { kind: "no_position" } },
    ]);
    expect(answer.total).toEqual({ kind: "incomplete", symbols: [unpriced] });
    expect((await attribution("symbols=NO-ONE")).total).toEqual({ kind: "no_position" });
  });

  it("takes fifty symbols, and looks at the newest 500 buckets without a range", async () => {
    const symbols = Array.from({ length: 50 }, (_, at) => `X${at}`).join();
    const answer = await attribution(`symbols=${symbols}`);
    expect(answer.by_symbol).toHaveLength(50);
    expect((answer.to - answer.from) / HOUR).toBe(500);
  });
});
