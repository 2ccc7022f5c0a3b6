import { parseArgs } from "node:util";
import { symbolFault } from "../../src/protocol/words/symbol.ts";
import { secondsOf } from "../cli/token-request.ts";

export type DemoOptions = {
  url: string | undefined;
  token: string | undefined;
  job:
    | { kind: "market"; eventsPerSecond: number; seed: string; backfillSeconds: number }
    | { kind: "file"; file: string; symbol: string | undefined }
    | { kind: "self" };
};

export const USAGE = `npm run demo                           a made market of 8 symbols, live
  -- --rate 60 --seed 1 --backfill 6h    events a second; another market; how far back it begins (0 = now)
npm run demo -- --file trades.csv        recorded data: CSV or NDJSON, plain or gzip; - is the standard input
  -- --file spx.csv --symbol SPX         the symbol of rows that name none
npm run demo -- --self                   this machine's own numbers
  -- --url http://127.0.0.1:8787 --token TOKEN`;

const OPTIONS = {
  url: { type: "string" },
  token: { type: "string" },
  rate: { type: "string", default: "60" },
  seed: { type: "string", default: "1" },
  backfill: { type: "string", default: "6h" },
  file: { type: "string" },
  symbol: { type: "string" },
  self: { type: "boolean", default: false },
} as const;

/** Throws an Error that names the option where one is wrong. */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { url, token, file, symbol } = values;
  const fault = symbol === undefined ? null : symbolFault(symbol);
  if (fault !== null) throw new Error(`--symbol ${symbol} ${fault}`);
  if (url !== undefined && !URL.canParse(url)) throw new Error(`--url ${url} is not a URL`);
  const target = { url: url?.replace(/\/+$/, ""), token };
  if (file !== undefined) return { ...target, job: { kind: "file", file, symbol } };
  if (values.self) return { ...target, job: { kind: "self" } };
  return {
    ...target,
    job: {
      kind: "market",
      eventsPerSecond: readRate(values.rate),
      seed: values.seed,
      backfillSeconds: readBackfill(values.backfill),
    },
  };
}

function readRate(text: string): number {
  const rate = Number(text);
  if (!(rate > 0 && rate <= 100_000)) {
    throw new Error(`--rate ${text} is not a number of events a second from above 0 to 100000`);
  }
  return rate;
}

function readBackfill(text: string): number {
  if (text === "0") return 0;
  const seconds = secondsOf(text);
  if (seconds === undefined)
    throw new Error(`--backfill ${text} is not a time such as 30m, 6h or 2d`);
  return seconds;
}
