import type { AlertRulePut } from "../../src/protocol/alerts/rule.ts";
import type {
  WebhookAnswer,
  WebhookPush,
  WebhookSet,
  WebhookTest,
} from "../../src/protocol/alerts/webhook.ts";
import type {
  AlertHistoryAnswer,
  AlertRulesAnswer,
  AlertsAnswer,
  BacktestAnswer,
  BacktestPush,
  KeptAlertRule,
} from "../../src/protocol/answers/alerts.ts";
import type { CorrelationAnswer, RiskAnswer } from "../../src/protocol/answers/analytics.ts";
import type {
  BookAnswer,
  HistoryAnswer,
  MetricNamesAnswer,
  PositionsAnswer,
  SeriesAnswer,
  SymbolsAnswer,
  TradesAnswer,
} from "../../src/protocol/answers/answers.ts";
import type { AttributionAnswer } from "../../src/protocol/answers/attribution.ts";
import type {
  LatencyAnswer,
  NotesAnswer,
  OrdersAnswer,
  SlippageAnswer,
} from "../../src/protocol/answers/orders.ts";
import type { TraceAnswer } from "../../src/protocol/answers/trace.ts";
import type { Interval } from "../../src/protocol/events/bar.ts";

export interface SeriesQuery {
  metric: string;
  symbol: string;
  /** Times in microseconds; `to` is exclusive, and absent means now. */
  from: number;
  to?: number;
  /** One of both: how long a step is ("5s"), or about how many there are. */
  step?: string;
  points?: number;
  labels?: string;
  agg: string;
}

/** `from` as the server reads it: "now-6h". */
interface AnalyticsQuery extends Record<string, string | undefined> {
  interval: Interval;
  from: string;
}

/** The server's list, or `list` null: it is still the one of the tag that was asked with. */
export interface ListAnswer {
  list: SymbolsAnswer | null;
  tag: string | null;
}

/** What `/readyz` tells; the rest of it only to a token. */
export interface ServerState {
  status: string;
  warnings: string[];
  database: {
    reachable: boolean;
    mode?: string;
    version?: string;
    timescale?: string | null;
    bytes?: number;
    limit_bytes?: number;
  };
  descriptors?: { limit: number; open: number; most_viewers: number };
  memory?: { rolled_through: number; raw_from: number; stale_hours: Record<string, number> };
  runtimes?: { count: number; answered_by: number };
}

export type Answer<T> =
  | { kind: "ok"; value: T }
  /** A token is needed, or another one. `detail`: what the one there is may not, in the server's words. */
  | { kind: "unauthorized"; detail?: string }
  /** Nothing has been pushed for the symbol. */
  | { kind: "unknown" }
  /** The same request would be refused again. */
  | { kind: "refused"; status: number; detail: string }
  /** Worth asking again. `status` null: no answer at all. `waitsFor`: what the server says that it waits for itself. */
  | { kind: "failed"; status: number | null; detail: string; waitsFor?: "database" };

/** What is no answer. */
export type Failure = Exclude<Answer<unknown>, { kind: "ok" }>;

type ApiResponse = Pick<Response, "ok" | "status" | "headers" | "json" | "text">;

export interface ApiDeps {
  fetch(
    url: string,
    init: {
      method: "GET" | "PUT" | "POST" | "DELETE";
      headers: Record<string, string>;
      body?: string;
      signal: AbortSignal;
      cache: "no-store";
    },
  ): Promise<ApiResponse>;
  token(): string | null;
  /** An answer has come, with when it was made; `askedAtMs` by the clock of `wallMs`. */
  onDate(date: string | null, askedAtMs: number): void;
  wallMs(): number;
}

export type Api = ReturnType<typeof createApi>;

/** An answer that takes longer is as good as none: the page says so and asks again. */
const TIMEOUT_MS = 15_000;
const ALIVE_TIMEOUT_MS = 3_000;
/** RFC 9110, 15.4.5. */
const NOT_MODIFIED = 304;
const NO_CONTENT = 204;

/** How something is asked; `tag` null: the asker has no answer of before. */
interface Asked {
  method: "GET" | "PUT" | "POST" | "DELETE";
  tag: string | null;
  body?: object | undefined;
  signal: AbortSignal;
}

const READ = { method: "GET", tag: null } as const;

/** The server's reading routes. Nothing is thrown: an answer says how it went. */
export function createApi(deps: ApiDeps) {
  return {
    /** Whether the server is there at all. */
    async isAlive(): Promise<boolean> {
      return (await get("/healthz", {}, ALIVE_TIMEOUT_MS)).kind === "ok";
    },
    /** The list, held by the server for `holdS` seconds at the most while it is still the one of `tag`. */
    symbols: (asked: { tag: string | null; holdS: number; signal: AbortSignal }) =>
      ask("/api/symbols", { wait: asked.holdS }, { ...READ, ...asked }, listOf),
    /** Bars that start at `from` or later and before `to`, in microseconds: the newest `limit` of them. */
    history: (
      symbol: string,
      query: { interval: Interval; limit: number; from?: number; to?: number },
    ) => get<HistoryAnswer>(`/api/history/${encodeURIComponent(symbol)}`, query),
    positions: (symbol: string) =>
      get<PositionsAnswer>(`/api/positions/${encodeURIComponent(symbol)}`, {}),
    book: (symbol: string) => get<BookAnswer>(`/api/books/${encodeURIComponent(symbol)}`, {}),
    /** The newest trades, the newest first. */
    trades: (symbol: string, limit: number) =>
      get<TradesAnswer>(`/api/trades/${encodeURIComponent(symbol)}`, { limit }),
    /** The orders of a symbol that began last, each as it is now; `by` "lived": of those that lived in a range. */
    orders: (symbol: string, query: { limit: number; by?: "lived"; from?: number; to?: number }) =>
      get<OrdersAnswer>(`/api/orders/${encodeURIComponent(symbol)}`, query),
    notes: (symbol: string, limit: number) =>
      get<NotesAnswer>(`/api/notes/${encodeURIComponent(symbol)}`, { limit }),
    /** Alerts that are pending or firing, of a symbol or of all. */
    alerts: (symbol?: string) =>
      get<AlertsAnswer>("/api/alerts", symbol === undefined ? {} : { symbol }),
    metricNames: (symbol: string) => get<MetricNamesAnswer>("/api/metrics/names", { symbol }),
    /** Every label set of a metric that has the labels. */
    series: (query: SeriesQuery) => get<SeriesAnswer>("/api/series", { ...query }),
    correlation: (query: AnalyticsQuery & { symbols: string }) =>
      get<CorrelationAnswer>("/api/analytics/correlation", query),
    risk: (query: AnalyticsQuery & { symbol: string }) =>
      get<RiskAnswer>("/api/analytics/risk", query),
    attribution: (query: AnalyticsQuery & { symbols: string; account: string | undefined }) =>
      get<AttributionAnswer>("/api/analytics/attribution", query),
    /** What the orders of a range tell together. */
    latency: (symbol: string, query: { from: string; account: string | undefined }) =>
      get<LatencyAnswer>(`/api/orders/${encodeURIComponent(symbol)}/latency`, query),
    slippage: (symbol: string, query: { from: string; account: string | undefined }) =>
      get<SlippageAnswer>(`/api/orders/${encodeURIComponent(symbol)}/slippage`, query),
    trace: (id: string) => get<TraceAnswer>(`/api/trace/${encodeURIComponent(id)}`, {}),
    alertRules: () => get<AlertRulesAnswer>("/api/alerts/rules", {}),
    /** The newest changes of a rule's alerts, or of all. */
    alertHistory: (query: { rule?: string; limit: number }) =>
      get<AlertHistoryAnswer>("/api/alerts/history", query),
    putAlertRule: (name: string, rule: AlertRulePut) =>
      send<KeptAlertRule>("PUT", pathOfRule(name), rule),
    deleteAlertRule: (name: string) => send<null>("DELETE", pathOfRule(name)),
    webhooks: () => get<{ webhooks: WebhookAnswer[] }>(WEBHOOKS, {}),
    putWebhook: (name: string, webhook: WebhookPush) =>
      send<WebhookSet>("PUT", pathOfWebhook(name), webhook),
    deleteWebhook: (name: string) => send<null>("DELETE", pathOfWebhook(name)),
    /** Sends a delivery now, and says what became of it. */
    testWebhook: (name: string) => send<WebhookTest>("POST", `${pathOfWebhook(name)}/test`),
    backtest: (push: BacktestPush) => send<BacktestAnswer>("POST", "/api/alerts/backtest", push),
    /** How the server is; what of it a token may know. */
    state: () => get<ServerState>("/readyz", {}),
    /** Its figures, in the text format of Prometheus. */
    figures: () =>
      ask("/metrics", {}, { ...READ, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) =>
        response.text(),
      ),
  };

  function get<T>(
    path: string,
    query: Record<string, string | number | undefined>,
    timeoutMs = TIMEOUT_MS,
  ): Promise<Answer<T>> {
    const signal = AbortSignal.timeout(timeoutMs);
    return ask(path, query, { ...READ, signal }, async (response) => (await response.json()) as T);
  }

  function send<T>(
    method: "PUT" | "POST" | "DELETE",
    path: string,
    body?: object,
  ): Promise<Answer<T>> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const asked = { method, tag: null, body, signal };
    return ask(path, {}, asked, async (response) =>
      response.status === NO_CONTENT ? (null as T) : ((await response.json()) as T),
    );
  }

  async function ask<T>(
    path: string,
    query: Record<string, string | number | undefined>,
    asked: Asked,
    read: (response: ApiResponse) => Promise<T>,
  ): Promise<Answer<T>> {
    const { method, tag, body, signal } = asked;
    const search = new URLSearchParams(
      Object.entries(query).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)]],
      ),
    );
    const token = deps.token();
    const headers: Record<string, string> = {};
    if (token !== null) headers["authorization"] = `Bearer ${token}`;
    if (tag !== null) headers["if-none-match"] = tag;
    if (body !== undefined) headers["content-type"] = "application/json";
    const askedAtMs = deps.wallMs();
    try {
      const response = await deps.fetch(search.size > 0 ? `${path}?${search}` : path, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // The room is connected already, and an answer that was kept may end before its frames begin.
        cache: "no-store",
        signal,
      });
      deps.onDate(response.headers.get("date"), askedAtMs);
      if (response.ok || response.status === NOT_MODIFIED) {
        return { kind: "ok", value: await read(response) };
      }
      if (response.status === 401) {
        // Who has given another token meanwhile is not to be asked for one again.
        return deps.token() === token ? { kind: "unauthorized" } : ask(path, query, asked, read);
      }
      return await failureOf(response);
    } catch {
      return { kind: "failed", status: null, detail: "The server does not answer." };
    }
  }
}

function pathOfRule(name: string): string {
  return `/api/alerts/rules/${encodeURIComponent(name)}`;
}

const WEBHOOKS = "/api/alerts/webhooks";

function pathOfWebhook(name: string): string {
  return `${WEBHOOKS}/${encodeURIComponent(name)}`;
}

async function listOf(response: ApiResponse): Promise<ListAnswer> {
  const tag = response.headers.get("etag");
  const list = response.status === NOT_MODIFIED ? null : await response.json();
  return { list: list as SymbolsAnswer | null, tag };
}

/** They say that the server is in trouble or busy, not that the request is wrong. */
const PASSING_STATUSES: readonly number[] = [408, 425, 429];
const DATABASE_UNAVAILABLE = "urn:edgetape:problem:database-unavailable";
const UNKNOWN_SYMBOL = "urn:edgetape:problem:unknown-symbol";
/** Another token may do what this one may not. */
const FORBIDDEN = "urn:edgetape:problem:forbidden";

async function failureOf(response: Pick<Response, "status" | "json">): Promise<Failure> {
  const { status } = response;
  const problem = await problemOf(response);
  if (status === 404 && problem.type === UNKNOWN_SYMBOL) return { kind: "unknown" };
  const detail =
    typeof problem.detail === "string"
      ? problem.detail
      : `The server answered with HTTP ${status}.`;
  if (problem.type === FORBIDDEN) return { kind: "unauthorized", detail };
  const isFinal = status >= 400 && status < 500 && !PASSING_STATUSES.includes(status);
  if (isFinal) return { kind: "refused", status, detail };
  const isWaiting = problem.type === DATABASE_UNAVAILABLE;
  return { kind: "failed", status, detail, ...(isWaiting && { waitsFor: "database" }) };
}

async function problemOf(
  response: Pick<Response, "json">,
): Promise<{ type?: unknown; detail?: unknown }> {
  try {
    return ((await response.json()) ?? {}) as { type?: unknown; detail?: unknown };
  } catch {
    // No problem document: something in between answered.
    return {};
  }
}
