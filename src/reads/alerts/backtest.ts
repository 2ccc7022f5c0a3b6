import {
  type AlertChange,
  addChange,
  alertEventOf,
  type Chains,
  changesIn,
} from "../../core/alerts/alert-change.ts";
import { type CompiledRule, compileRule } from "../../core/alerts/compiled-rule.ts";
import { SymbolAlerts } from "../../core/alerts/symbol-alerts.ts";
import type { LoggedEvent } from "../../core/events/tail-merge.ts";
import { readLogged } from "../../db/events/read-export.ts";
import type { AlertRule } from "../../protocol/alerts/rule.ts";
import type { BacktestAnswer } from "../../protocol/answers/alerts.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import { readTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";

/** Most events of a backtest, and most changes that it tells. */
const MOST_EVENTS = 1_000_000;
const MOST_CHANGES = 10_000;
const PAGE_ROWS = 4_000;
/** What came so long after its own time was brought later, as history is: it counts as if it had come then. */
const LIVE_US = 600_000_000;

export interface BacktestQuery {
  rule: AlertRule;
  symbols: readonly SymbolName[];
  fromUs: EpochUs;
  toUs: EpochUs;
}

/** Runs a rule over what is stored, by the same reducer that hosts run it by. @throws DatabaseError */
export async function backtest(sources: Sources, query: BacktestQuery): Promise<BacktestAnswer> {
  const rule = compileRule(query.rule);
  const severity = query.rule.severity ?? "warning";
  const changes: BacktestAnswer["changes"] = [];
  let events = 0;
  let through: number = query.toUs;
  for (const symbol of query.symbols) {
    const alerts = new SymbolAlerts(symbol, [rule]);
    const chains: Chains = new Map();
    const add = (found: readonly AlertChange[]) => {
      for (const change of found) addChange(chains, change);
    };
    add(alerts.begin([rule], { events: [], book: null }, query.fromUs));
    let nowUs: number = query.fromUs;
    let isCut = false;
    for await (const page of inOrder(sources, rule, symbol, query)) {
      for (const { atUs, event } of page) {
        nowUs = Math.max(nowUs, atUs);
        add(alerts.observe([event], nowUs));
      }
      events += page.length;
      isCut = events >= MOST_EVENTS || changes.length + countOf(chains) >= MOST_CHANGES;
      if (isCut) break;
    }
    if (!isCut) add(alerts.advance(query.toUs));
    for (const change of changesIn(chains)) {
      const { kind: _, ...rest } = alertEventOf(change, severity);
      changes.push({ ...rest, symbol });
    }
    if (isCut) {
      through = Math.min(through, nowUs);
      break;
    }
  }
  return {
    ...{ from: query.fromUs, to: query.toUs, through: through as EpochUs },
    ...{ complete: through === query.toUs, events },
    changes: changes.sort((a, b) => a.ts - b.ts).slice(0, MOST_CHANGES),
  };
}

interface Came {
  atUs: number;
  event: TapeEvent;
}

function countOf(chains: Chains): number {
  return [...chains.values()].reduce((sum, chain) => sum + chain.length, 0);
}

/** What the rule reads of a symbol, as it came: a page in the order of the log. */
async function* inOrder(
  { rooms, db, correlationId }: Sources,
  rule: CompiledRule,
  symbol: SymbolName,
  { fromUs, toUs }: BacktestQuery,
): AsyncGenerator<Came[], void> {
  const { reads } = rule;
  const tail = await readTail(rooms, symbol);
  const places = {
    ...{ storedThrough: tail.storedThrough, tailCursor: tail.cursor, tail: tail.events },
    ...{ symbol, fromUs, toUs, pageRows: PAGE_ROWS },
  };
  const metric = reads.kind === "metric" ? reads.metric : undefined;
  const pages = kindsOf(reads).map((kind) =>
    readLogged(
      db,
      { ...places, kind, metric: kind === "metric" ? metric : undefined },
      correlationId,
    ),
  );
  for await (const page of byTime(pages)) {
    yield page
      .map(({ cursor, event }) => {
        const isLive = cursor >= event.ts && cursor - event.ts < LIVE_US;
        return { atUs: isLive ? cursor : event.ts, event };
      })
      .sort((a, b) => a.atUs - b.atUs);
  }
}

function kindsOf(reads: CompiledRule["reads"]): TapeEvent["kind"][] {
  if (reads.kind === "metric") return ["metric"];
  if (reads.kind === "price") return [reads.price === "last" ? "trade" : "book"];
  return reads.of === "any"
    ? ["metric", "trade", "position", "book", "order", "note", "log"]
    : [reads.of];
}

/** Pages of several kinds, each by time, as pages of all of them by time. */
async function* byTime(
  kinds: readonly AsyncGenerator<LoggedEvent[], void>[],
): AsyncGenerator<LoggedEvent[], void> {
  const [only] = kinds;
  if (kinds.length === 1 && only !== undefined) {
    yield* only;
    return;
  }
  const open = await Promise.all(
    kinds.map(async (pages) => ({ pages, page: await pageOf(pages) })),
  );
  for (;;) {
    const waiting = open.filter(({ page }) => page.length > 0);
    if (waiting.length === 0) return;
    // Up to here every kind is known.
    const untilUs = Math.min(...waiting.map(({ page }) => page.at(-1)?.event.ts ?? 0));
    const taken: LoggedEvent[] = [];
    for (const one of waiting) {
      const end = one.page.findIndex(({ event }) => event.ts > untilUs);
      taken.push(...one.page.slice(0, end < 0 ? one.page.length : end));
      one.page = end < 0 ? await pageOf(one.pages) : one.page.slice(end);
    }
    yield taken.sort((a, b) => a.event.ts - b.event.ts);
  }
}

async function pageOf(pages: AsyncGenerator<LoggedEvent[], void>): Promise<LoggedEvent[]> {
  const next = await pages.next();
  return next.done === true ? [] : next.value;
}
