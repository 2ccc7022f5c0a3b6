/** One instrument of the made market. */
export type Instrument = {
  symbol: string;
  venue: string;
  /** Where the price is drawn back to, over months. */
  price: number;
  tick: number;
  /** Digits of the tick after the point: prices are rounded to them. */
  priceDigits: number;
  /** Volatility of a year, 1 = 100 %. */
  annualVolatility: number;
  /** Smallest size, and what sizes are multiples of. */
  lot: number;
  sizeDigits: number;
  /** Share of all trades. The shares of a market add up to 1. */
  share: number;
  /** What moves it beside its own news. */
  group: Group;
};

/** What moves together: how much of a move is everybody's and how much the group's, each of -1 to 1. */
export type Group = { name: string; ofMarket: number; ofGroup: number };

const COINS: Group = { name: "coins", ofMarket: 0.4, ofGroup: 0.75 };
const STOCKS: Group = { name: "stocks", ofMarket: 0.4, ofGroup: 0.6 };
/** An index moves with its stocks more than they do with each other. */
const INDEX: Group = { name: "stocks", ofMarket: 0.4, ofGroup: 0.85 };
const CURRENCIES: Group = { name: "currencies", ofMarket: -0.2, ofGroup: 0 };

export const INSTRUMENTS: readonly Instrument[] = [
  instrument(COINS, "BTC-USD", "COINBASE", 97_250, 2, 0.5, 0.001, 3, 0.24),
  instrument(COINS, "ETH-USD", "COINBASE", 3_420, 2, 0.65, 0.01, 2, 0.18),
  instrument(COINS, "SOL-USD", "COINBASE", 187, 2, 0.85, 0.1, 1, 0.12),
  instrument(STOCKS, "AAPL", "NASDAQ", 268, 2, 0.27, 1, 0, 0.1),
  instrument(STOCKS, "MSFT", "NASDAQ", 497, 2, 0.24, 1, 0, 0.08),
  instrument(STOCKS, "NVDA", "NASDAQ", 186, 2, 0.45, 1, 0, 0.12),
  instrument(CURRENCIES, "EUR/USD", "EBS", 1.0842, 5, 0.07, 10_000, 0, 0.06),
  instrument(INDEX, "ES-Z6", "CME", 6_890.25, 2, 0.16, 1, 0, 0.1, 0.25),
];

function instrument(
  group: Group,
  symbol: string,
  venue: string,
  price: number,
  priceDigits: number,
  annualVolatility: number,
  lot: number,
  sizeDigits: number,
  share: number,
  tick = 10 ** -priceDigits,
): Instrument {
  return {
    ...{ symbol, venue, price, tick, priceDigits, annualVolatility, lot, sizeDigits, share },
    group,
  };
}
