import { isOver, offsetWords, refuseBucket } from "../../src/core/bars/imported-bar.ts";
import { floorUs } from "../../src/core/time/duration.ts";
import {
  type BarPush,
  barPushSchema,
  POSTED_INTERVAL_SECONDS,
  POSTED_INTERVALS,
  type PostedInterval,
  readOffsetUs,
} from "../../src/protocol/events/bar-push.ts";
import type { EpochUs } from "../../src/protocol/words/time.ts";
import { type FileTime, readFileTime } from "./read-time.ts";

/** One row of a file under the names of its columns, in small letters. */
export type BarRecord = Readonly<Record<string, unknown>>;

/** Said on the command line, for rows that do not say it. */
export type BarDefaults = {
  /** Of all rows, whatever name the file has for it. */
  symbol: string | undefined;
  interval: PostedInterval | undefined;
  /** Where its bucket may begin, in microseconds after the multiples of its length. */
  offsetsUs: readonly number[];
};

export type RecordReading =
  | {
      kind: "bar";
      push: BarPush & { ts: EpochUs };
      /** The symbol that the row itself names; empty where it names none. */
      named: string;
    }
  /** Its bucket is not over: no history yet. */
  | { kind: "not_over" }
  | { kind: "bad"; column: string | undefined; why: string };

const NUMBERS = ["open", "high", "low", "close", "volume", "trades"] as const;
const TIMES = ["ts", "timestamp", "datetime"] as const;
/** Where a row has one price and no open, high and low, it stands in one of these. */
export const PRICES = ["price", "value", "close"] as const;
/** What a bar is made of; a date and a time may stand in columns of their own. */
export const BAR_COLUMNS: readonly string[] = [
  ...[...TIMES, "date", "time"],
  ...["symbol", "interval", "offset", ...NUMBERS],
];

/** The column of the one price that a bar is made of, where these name no open, high and low; undefined where they do. */
export function onlyPriceOf(names: readonly string[]): (typeof PRICES)[number] | undefined {
  if (["open", "high", "low"].some((name) => names.includes(name))) return undefined;
  return PRICES.find((name) => names.includes(name));
}

/** The moment of a row, and the column it stands in. */
export function timeOf(record: BarRecord): { column: string; text: string } {
  const [date, time] = [cell(record, "date"), cell(record, "time")];
  if (date !== "" && time !== "") return { column: "date", text: `${date} ${time}` };
  const column = [...TIMES, "time", "date"].find((name) => cell(record, name) !== "") ?? "ts";
  return { column, text: cell(record, column) };
}

/** Makes a bar of a row as the server will see it, or says why not. */
export function readRecord(
  record: BarRecord,
  defaults: BarDefaults,
  nowUs: EpochUs,
): RecordReading {
  const said = cell(record, "interval");
  const interval = said === "" ? defaults.interval : intervalOf(said);
  if (interval === undefined) return bad("interval", `${JSON.stringify(said)} is not 1m, 1h or 1d`);
  const { column, text } = timeOf(record);
  const time = readFileTime(text);
  if (time === undefined) return bad(column, timeWords(text));
  const numbers: Record<string, number> = { volume: 0 };
  const price = onlyPriceOf(Object.keys(record));
  for (const name of NUMBERS) {
    const isPrice = name !== "volume" && name !== "trades";
    const value = cell(record, isPrice ? (price ?? name) : name);
    const isOptional = name === "trades" || (name === "volume" && !(name in record));
    if (value === "" && isOptional) continue;
    const number = value === "" ? Number.NaN : Number(value);
    if (!Number.isFinite(number))
      return bad((isPrice ? price : undefined) ?? name, `${JSON.stringify(value)} is not a number`);
    numbers[name] = number;
  }
  const ts = startOf(time, interval);
  const named = cell(record, "symbol");
  const symbol = defaults.symbol ?? named;
  const offset = cell(record, "offset") || offsetOf(ts, interval, defaults.offsetsUs);
  const parsed = barPushSchema.safeParse({
    ...{ ...(symbol !== "" && { symbol }), interval, ts, ...numbers },
    ...(offset !== "0m" && { offset }),
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return bad(issue?.path.map(String).join("."), issue?.message ?? "is no bar");
  }
  const why = refuseBucket(interval, ts, nowUs, readOffsetUs(offset) ?? 0);
  if (why === null) return { kind: "bar", push: { ...parsed.data, ts }, named };
  return isOver(interval, ts, nowUs) ? bad(column, `${text} ${why}`) : { kind: "not_over" };
}

/** The one at which a bucket begins there, or else the first. */
function offsetOf(ts: EpochUs, interval: PostedInterval, offsetsUs: readonly number[]): string {
  const lengthUs = POSTED_INTERVAL_SECONDS[interval] * 1_000_000;
  const found = offsetsUs.find((offsetUs) => floorUs(ts - offsetUs, lengthUs) + offsetUs === ts);
  return offsetWords(found ?? offsetsUs[0] ?? 0);
}

/** Midnight of a day is that day, wherever the file was made. */
function startOf({ us, wallUs }: FileTime, interval: PostedInterval): EpochUs {
  return (interval === "1d" && wallUs % 86_400_000_000 === 0 ? wallUs : us) as EpochUs;
}

function cell(record: BarRecord, name: string): string {
  const value = record[name];
  return value === undefined || value === null ? "" : String(value).trim();
}

/** Stooq writes `D`, or minutes. */
const OTHER_INTERVALS: Readonly<Record<string, PostedInterval>> = { d: "1d", 60: "1h", 1: "1m" };

function intervalOf(text: string): PostedInterval | undefined {
  const known = POSTED_INTERVALS.find((one) => one === text);
  return known ?? OTHER_INTERVALS[text.toLowerCase()];
}

/** What is said of a time that cannot be read. */
export function timeWords(text: string): string {
  return `${JSON.stringify(text)} is not a time such as 2026-01-31, 2026-01-31 09:30 or 2026-01-31T09:30:00Z`;
}

function bad(column: string | undefined, why: string): RecordReading {
  return { kind: "bad", column, why };
}
