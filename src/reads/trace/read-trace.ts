import { decodeFrame } from "../../core/events/encode-events.ts";
import { canonicalLabels } from "../../core/events/labels.ts";
import type { ChosenSymbols, LogFilter } from "../../core/logs/log-filter.ts";
import { EARLIEST_US } from "../../core/time/timestamp.ts";
import { readTracedPoints } from "../../db/events/read-traced-points.ts";
import { readLogLines } from "../../db/logs/read-log-lines.ts";
import { readTracedStates } from "../../db/orders/read-traced-states.ts";
import type { TraceAnswer, TracedEvent } from "../../protocol/answers/trace.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import type { LogSources } from "../logs/read-logs.ts";
import { searchTails } from "../rooms/search-tails.ts";

export interface TraceQuery {
  id: string;
  /** Null: of all. */
  symbols: ChosenSymbols | null;
  /** Events before it. */
  toUs: EpochUs;
  limit: number;
}

/** An event that bears the id; `place` where that is what tells it from others. */
interface Bearer {
  symbol: SymbolName;
  event: TapeEvent;
  place?: { cursor: Cursor; ordinal: number };
}

/** What Postgres has of an id, kind by kind: at most `limit` of each and one more, the newest. */
type StoredSource = (sources: LogSources, query: TraceQuery) => Promise<Bearer[]>;
const STORED: readonly StoredSource[] = [storedLines, storedPoints, storedStates];

/** Everything that bears an id, in time, over all symbols that may be seen; the newest where it is too much (SPEC TR-1). */
export async function readTrace(
  sources: LogSources,
  query: TraceQuery,
  ownLines: readonly TracedEvent[],
): Promise<TraceAnswer> {
  const { id, symbols, toUs, limit } = query;
  const tails = await searchTails(sources, JSON.stringify(id).slice(1, -1), null);
  const found = new Map<string, Bearer>();
  const add = (one: Bearer) => found.set(keyOf(one), one);
  for (const read of STORED) for (const one of await read(sources, query)) add(one);
  for (const { symbol, cursor, text } of tails.frames) {
    if (symbols !== null && !symbols.has(symbol)) continue;
    for (const [ordinal, event] of decodeFrame(text).entries()) {
      if (bears(event, id) && event.ts < toUs) add({ symbol, event, place: { cursor, ordinal } });
    }
  }
  const events = [...Array.from(found.values(), tracedOf), ...ownLines];
  events.sort((a, b) => a.ts - b.ts);
  return {
    correlation_id: id,
    events: events.slice(-limit),
    truncated: events.length > limit,
    complete: tails.complete,
  };
}

/** Does an event bear the id: as its `correlation_id`, or a point as a label of that name or `trace_id`? */
function bears(event: TapeEvent, id: string): boolean {
  if (event.kind === "metric") {
    const { labels = {} } = event;
    return labels["correlation_id"] === id || labels["trace_id"] === id;
  }
  return "correlation_id" in event && event.correlation_id === id;
}

/** What is the same in Postgres and in a room's log. */
function keyOf({ symbol, event, place }: Bearer): string {
  switch (event.kind) {
    case "log":
      return `${symbol} ${place?.cursor} ${place?.ordinal}`;
    case "metric":
      return `${symbol} ${event.ts} ${canonicalLabels(event.labels)} ${event.metric}`;
    default:
      return `${symbol} ${JSON.stringify(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
  }
}

function tracedOf({ symbol, event, place }: Bearer): TracedEvent {
  return { symbol, ...(place !== undefined && { cursor: place.cursor }), ...event };
}

async function storedLines(
  { db, correlationId }: LogSources,
  { id, symbols, toUs, limit }: TraceQuery,
): Promise<Bearer[]> {
  const filter: LogFilter = {
    ...{ symbols, service: null, correlationId: id, level: "trace", search: [] },
    ...{ fromUs: EARLIEST_US, toUs, after: null },
  };
  const lines = await readLogLines(db, filter, limit + 1, { tag: correlationId });
  return lines.map(({ symbol, event, cursor, ordinal }) => ({
    ...{ symbol, event },
    place: { cursor, ordinal },
  }));
}

async function storedPoints(
  { db, correlationId }: LogSources,
  { id, symbols, toUs, limit }: TraceQuery,
): Promise<Bearer[]> {
  return readTracedPoints(db, { id, symbols, toUs, most: limit + 1 }, correlationId);
}

async function storedStates(
  { db, correlationId }: LogSources,
  { id, symbols, toUs, limit }: TraceQuery,
): Promise<Bearer[]> {
  return readTracedStates(db, { id, symbols, toUs, most: limit + 1 }, correlationId);
}
