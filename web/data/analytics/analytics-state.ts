import { INTERVAL_SECONDS, type Interval } from "../../../src/protocol/words/interval.ts";
import { typedSymbols } from "../symbols/typed-symbols.ts";
import { addressOf } from "../words/address.ts";

/** How far back analytics may look. */
export const REACHES = ["1h", "6h", "1d", "7d", "30d", "365d"] as const;
export type Reach = (typeof REACHES)[number];

export interface AnalyticsState {
  /** Empty: the page chooses some. */
  symbols: readonly string[];
  interval: Interval;
  reach: Reach;
  /** Null: all accounts together. */
  account: string | null;
  /** Whose risk and orders are looked at; null: those of the first symbol. */
  subject: string | null;
}

/** What is looked at, with what the address leaves open chosen. */
export interface Subject extends AnalyticsState {
  subject: string;
  /** As routes read it. */
  from: string;
}

/** What the address shows. What is not understood counts as not said. */
export function analyticsOf(search: string): AnalyticsState {
  const said = new URLSearchParams(search);
  const [interval, reach] = [said.get("interval") ?? "", said.get("range") ?? ""];
  return {
    symbols: typedSymbols(said.get("symbols") ?? ""),
    interval: Object.hasOwn(INTERVAL_SECONDS, interval) ? (interval as Interval) : "5m",
    reach: REACHES.find((one) => one === reach) ?? "6h",
    ...{ account: said.get("account") || null, subject: said.get("subject") || null },
  };
}

/** The address of a state. */
export function pathOfAnalytics(state: AnalyticsState): string {
  const { symbols, interval, reach, account, subject } = state;
  const search = new URLSearchParams({ interval, range: reach });
  if (symbols.length > 0) search.append("symbols", symbols.join(","));
  if (account !== null) search.append("account", account);
  if (subject !== null) search.append("subject", subject);
  return addressOf("/analytics", search);
}
