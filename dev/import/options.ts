import { parseArgs } from "node:util";
import {
  POSTED_INTERVALS,
  type PostedInterval,
  readOffsetUs,
} from "../../src/protocol/events/bar-push.ts";
import { symbolFault } from "../../src/protocol/words/symbol.ts";

export type ImportOptions = {
  file: string;
  symbol: string | undefined;
  interval: PostedInterval | undefined;
  /** Where buckets may begin, in microseconds after the multiples of their length. */
  offsetsUs: number[];
  skipsBad: boolean;
  url: string | undefined;
  token: string | undefined;
};

export const USAGE = `npm run import -- spx.csv --symbol SPX   bars of open, high, low and close: CSV by column names, or NDJSON, plain or gzip;
                   - is the standard input. One price a row (price, value or close) is a bar with that price for all four
  --symbol SPX       of a file that names no symbol, or one by another name
  --interval 1d      1m, 1h or 1d; else told by how far rows are apart
  --offset 30m       hours or days begin so long after UTC's; several by commas (13h30m,14h30m: a session in summer and winter)
  --skip-bad         leave out rows that are not right, instead of sending none
  --url http://127.0.0.1:8787 --token TOKEN`;

const OPTIONS = {
  symbol: { type: "string" },
  interval: { type: "string" },
  offset: { type: "string" },
  "skip-bad": { type: "boolean", default: false },
  url: { type: "string" },
  token: { type: "string" },
} as const;

/** Throws an Error that names what is wrong. */
export function readImportOptions(args: readonly string[]): ImportOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  const [file, more] = positionals;
  if (file === undefined) throw new Error("name a file");
  if (more !== undefined) throw new Error(`one file at a time: what is ${more}?`);
  const { symbol, interval, url, token } = values;
  if (url !== undefined && !URL.canParse(url)) throw new Error(`--url ${url} is not a URL`);
  const fault = symbol === undefined ? null : symbolFault(symbol);
  if (fault !== null) throw new Error(`--symbol ${symbol} ${fault}`);
  const known = POSTED_INTERVALS.find((each) => each === interval);
  if (interval !== undefined && known === undefined) {
    throw new Error(`--interval ${interval} is not 1m, 1h or 1d`);
  }
  const offsetsUs = (values.offset ?? "0m").split(",").map((text) => {
    const us = readOffsetUs(text.trim());
    if (us === null)
      throw new Error(`--offset ${text} is not hours and minutes such as 30m or 13h30m`);
    return us;
  });
  return {
    ...{ file, symbol, token, interval: known, offsetsUs, skipsBad: values["skip-bad"] },
    url: url?.replace(/\/+$/, ""),
  };
}
