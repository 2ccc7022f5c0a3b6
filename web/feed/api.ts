import type {
  BookAnswer,
  HistoryAnswer,
  PositionsAnswer,
  SeriesAnswer,
  SymbolsAnswer,
} from "../../src/protocol/answers.ts";
import type { Interval } from "../../src/protocol/bar.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { Cursor } from "../../src/protocol/time.ts";

/** `GET /api/metrics/names`: what a symbol has been told about, one entry a label set. */
export interface MetricNamesAnswer {
  metrics: { metric: string; labels: Record<string, string>; last_ts: number }[];
}

export interface SeriesQuery {
  metric: string;
  symbol: string;
  /** Times in microseconds; `to` is exclusive, and absent means now. */
  from: number;
  to?: number;
  step: string;
  agg: string;
}

export type Answer<T> =
  | { kind: "ok"; value: T }
  /** A token is needed, or another one. */
  | { kind: "unauthorized" }
  /** `status` null: no answer at all. */
  | { kind: "failed"; status: number | null; detail: string };

export interface ApiDeps {
  fetch(
    url: string,
    init: { headers: Record<string, string>; signal: AbortSignal; cache: "no-store" },
  ): Promise<Pick<Response, "ok" | "status" | "json">>;
  token(): string | null;
}

export type Api = ReturnType<typeof createApi>;

/** An answer that takes longer is as good as none: the page says so and asks again. */
const TIMEOUT_MS = 15_000;

/** The server's reading routes. Nothing is thrown: an answer says how it went. */
export function createApi(deps: ApiDeps) {
  return {
    symbols: () => get<SymbolsAnswer>("/api/symbols", {}),
    /** Bars that start at `from` or later and before `to`, in microseconds: the newest `limit` of them. */
    history: (
      symbol: string,
      query: { interval: Interval; limit: number; from?: number; to?: number },
    ) =>
      get<HistoryAnswer>(`/api/history/${encodeURIComponent(symbol)}`, query, {
        ...{ symbol: symbol as SymbolName, interval: query.interval },
        ...{ cursor: BEFORE_ANYTHING, bars: [] },
      }),
    positions: (symbol: string) =>
      get<PositionsAnswer>(
        `/api/positions/${encodeURIComponent(symbol)}`,
        {},
        {
          ...{ symbol: symbol as SymbolName, cursor: BEFORE_ANYTHING, positions: [] },
          ...{ accounts: 0, truncated: false },
        },
      ),
    book: (symbol: string) =>
      get<BookAnswer>(
        `/api/books/${encodeURIComponent(symbol)}`,
        {},
        { symbol: symbol as SymbolName, cursor: BEFORE_ANYTHING, book: null },
      ),
    metricNames: (symbol: string) =>
      get<MetricNamesAnswer>("/api/metrics/names", { symbol }, { metrics: [] }),
    /** Every label set of a metric, in steps of `step` ("5s"). */
    series: (query: SeriesQuery) => get<SeriesAnswer>("/api/series", { ...query }),
  };

  /** `whenUnknown`: the answer for a symbol nobody has pushed yet, which a page waits for. */
  async function get<T>(
    path: string,
    query: Record<string, string | number>,
    whenUnknown?: T,
  ): Promise<Answer<T>> {
    const search = new URLSearchParams(
      Object.entries(query).map(([name, value]) => [name, String(value)]),
    );
    const token = deps.token();
    const headers: Record<string, string> =
      token === null ? {} : { authorization: `Bearer ${token}` };
    try {
      const response = await deps.fetch(search.size > 0 ? `${path}?${search}` : path, {
        headers,
        // The room is connected already, and an answer that was kept may end before its frames begin.
        cache: "no-store",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.ok) return { kind: "ok", value: (await response.json()) as T };
      if (response.status === 401 || response.status === 403) return { kind: "unauthorized" };
      const { type, detail } = await problemOf(response);
      if (whenUnknown !== undefined && type === UNKNOWN_SYMBOL) {
        return { kind: "ok", value: whenUnknown };
      }
      return { kind: "failed", status: response.status, detail };
    } catch {
      return { kind: "failed", status: null, detail: "The server does not answer." };
    }
  }
}

const BEFORE_ANYTHING = 0 as Cursor;
const UNKNOWN_SYMBOL = "urn:edgetape:problem:unknown-symbol";

async function problemOf(
  response: Pick<Response, "status" | "json">,
): Promise<{ type?: unknown; detail: string }> {
  try {
    const problem = (await response.json()) as { type?: unknown; detail?: unknown };
    if (typeof problem.detail === "string") return { type: problem.type, detail: problem.detail };
  } catch {
    // No problem document: something in between answered.
  }
  return { detail: `The server answered with HTTP ${response.status}.` };
}
