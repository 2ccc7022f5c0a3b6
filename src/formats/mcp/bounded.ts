import { rfc3339Of } from "../../core/time/civil-time.ts";
import type { Tool } from "./tools.ts";

/** Some 10,000 tokens, from which on clients warn; what is longer a model hardly reads. */
export const MOST_CHARS = 40_000;

/** Fields that are moments. Cursors stay numbers, for they are given back. */
const TIMES = new Set([
  ...["ts", "last_ts", "last_event", "price_ts", "book_ts", "from_ts", "to_ts"],
  ...["from", "to", "next", "since"],
  ...["peak", "trough", "recovery", "gone_before", "whole_buckets"],
]);
/** Moments of our time; prices and sizes of the same name are none. */
const [EARLIEST_US, LATEST_US] = [1e14, 1e16];

/** An answer of a route with its moments as RFC 3339, which models read and can give back. */
export function withTimes(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) => {
    if (!TIMES.has(key)) return value;
    return Array.isArray(value) ? value.map(momentOf) : momentOf(value);
  });
}

function momentOf(value: unknown): unknown {
  const isMoment =
    Number.isInteger(value) && (value as number) > EARLIEST_US && (value as number) < LATEST_US;
  return isMoment ? rfc3339Of(value as number) : value;
}

/** Of what there was more than is shown; the model reads it first. */
interface Cut {
  shown: number;
  of: number;
  what: string;
  advice: string;
}

const ADVICE = "Ask for less: a shorter range, a longer step, fewer symbols, or a smaller limit.";

/**
 * An answer as a text of at most `MOST_CHARS`. Where it was longer, its list is cut to the end that the tool keeps, and `cut`
 * says so.
 */
export function boundedText({ list }: Tool, answer: unknown): string {
  const whole = JSON.stringify(answer);
  if (whole.length <= MOST_CHARS) return whole;
  const fields = answer as Record<string, unknown>;
  const all = list === undefined ? undefined : fields[list.name];
  if (list !== undefined && Array.isArray(all)) {
    const isColumns = list.name === "series";
    const total = isColumns ? longestOf(all) : all.length;
    for (let shown = halfOf(total); shown >= 1; shown = halfOf(shown)) {
      const kept = isColumns ? all.map((one) => columnsCut(one, shown)) : partOf(all, shown, list);
      const what = isColumns ? "points of each series" : list.name;
      const cut: Cut = { shown, of: total, what, advice: ADVICE };
      const text = JSON.stringify({ cut, ...fields, [list.name]: kept });
      if (text.length <= MOST_CHARS) return text;
      if (shown === 1) break;
    }
  }
  return JSON.stringify({ cut: { shown: 0, of: 1, what: "the answer", advice: ADVICE } });
}

function halfOf(count: number): number {
  return Math.floor(count / 2);
}

function partOf(all: unknown[], shown: number, { keep }: NonNullable<Tool["list"]>): unknown[] {
  return keep === "first" ? all.slice(0, shown) : all.slice(-shown);
}

/** Columns of a series have a value a point each. */
function columnsCut(series: unknown, shown: number): unknown {
  return Object.fromEntries(
    Object.entries(series as Record<string, unknown>).map(([name, column]) => [
      name,
      Array.isArray(column) ? column.slice(-shown) : column,
    ]),
  );
}

function longestOf(all: unknown[]): number {
  return Math.max(0, ...all.map((one) => (one as { ts?: unknown[] }).ts?.length ?? 0));
}
