import { isOverADay, isStale } from "../symbols/last-price.ts";

export interface Feed {
  symbol: string;
  /** Of its newest event, in microseconds; null where it has none. */
  eventUs: number | null;
}

export interface FeedAges {
  fresh: number;
  /** Silent for more than a minute, and not for a day: those first that fell silent last. */
  silent: { symbol: string; eventUs: number }[];
}

/** Which feeds of the last day go on, and which have fallen silent. */
export function feedAges(feeds: readonly Feed[], nowMs: number): FeedAges {
  const ages: FeedAges = { fresh: 0, silent: [] };
  for (const { symbol, eventUs } of feeds) {
    if (eventUs === null) continue;
    const asOf = { kind: "moment", ts: eventUs } as const;
    if (!isStale(asOf, nowMs)) ages.fresh += 1;
    else if (!isOverADay(asOf, nowMs)) ages.silent.push({ symbol, eventUs });
  }
  ages.silent.sort((a, b) => b.eventUs - a.eventUs);
  return ages;
}
