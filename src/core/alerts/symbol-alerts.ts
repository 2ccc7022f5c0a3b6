import type { AlertEvent, AlertSeverity } from "../../protocol/events/alert.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { type BookState, foldBook } from "../books/book-samples.ts";
import { decodeFrame } from "../events/encode-events.ts";
import {
  type AlertChange,
  type AlertState,
  addChange,
  alertId,
  alertKey,
  type Chains,
} from "./alert-change.ts";
import { type Alert, advance, deadlineUs, newAlert, observe, type Turn } from "./alert-reducer.ts";
import { Run } from "./commit-run.ts";
import type { CompiledRule } from "./compiled-rule.ts";
import { marksOf } from "./frame-marks.ts";
import { messageOf } from "./message.ts";
import { PointRuns } from "./point-runs.ts";
import type { SavedAlerts } from "./saved-alerts.ts";
import { seriesText } from "./series-text.ts";

/** Alerts of a symbol; series that come later have none. */
export const MOST_ALERTS = 2_000;

/** An alert that is pending or firing. */
export interface ActiveAlert {
  rule: string;
  series: string | null;
  state: Exclude<AlertState, "inactive">;
  sinceUs: number;
  value: number | null;
  severity: AlertSeverity;
  message: string;
}

interface Entry {
  rule: CompiledRule;
  series: string;
  alert: Alert;
}

/** What a commit has of what rules read beside points: made where there is some of it. */
interface Gathered {
  readonly atUs: number;
  last: Run | null;
  mid: Run | null;
  spread: Run | null;
  heard: Set<TapeEvent["kind"]> | null;
}

/** What rules have their last value of: seeds a rule that is new. */
export interface LastKnown {
  events: readonly TapeEvent[];
  book: BookState | null;
}

/**
 * The alerts of one symbol: what rules make of its events in the order of its log, and of time. It knows no clock and no disk, so
 * that a host, the past and a test run the same. Times are those of the log.
 */
export class SymbolAlerts {
  readonly #symbol: string;
  readonly #rules = new Map<string, CompiledRule>();
  readonly #entries = new Map<string, Entry>();
  /** Rules by what they read. */
  readonly #ofMetric = new Map<string, CompiledRule[]>();
  readonly #ofLast: CompiledRule[] = [];
  readonly #ofBook: CompiledRule[] = [];
  readonly #ofSilence: CompiledRule[] = [];
  readonly #marks: readonly string[] | null;
  readonly #points: PointRuns<Entry>;
  #book: BookState | null;
  /** Nothing is due before; infinite where nothing will be. */
  #dueUs = Number.POSITIVE_INFINITY;
  /** Alerts that are pending or firing. */
  activeCount = 0;
  /** Events that some rule was asked about. */
  evaluations = 0;

  constructor(symbol: string, rules: readonly CompiledRule[], saved: SavedAlerts | null = null) {
    this.#symbol = symbol;
    this.#book = saved?.book ?? null;
    for (const rule of rules) this.#add(rule);
    this.#marks = marksOf(rules);
    this.#points = new PointRuns((metric, labels) => this.#readersOf(metric, labels));
    for (const [name, judges, alerts] of saved?.rules ?? []) {
      const rule = this.#rules.get(name);
      if (rule?.judges !== judges) continue;
      for (const [series, alert] of alerts) this.#hold(rule, series, alert);
    }
  }

  /** Time alone changes nothing before this; it may be earlier than what is due. Null: never. */
  get dueUs(): number | null {
    return Number.isFinite(this.#dueUs) ? this.#dueUs : null;
  }

  /** How many there are, in whatever state. */
  get size(): number {
    return this.#entries.size;
  }

  get active(): ActiveAlert[] {
    const active: ActiveAlert[] = [];
    for (const { rule, series, alert } of this.#entries.values()) {
      const { state, sinceUs, value } = alert;
      if (state === "inactive") continue;
      const named = series === "" ? undefined : series;
      active.push({
        ...{ rule: rule.rule.name, series: named ?? null, state, sinceUs, value },
        severity: rule.rule.severity ?? "warning",
        message: messageOf(rule.rule, { symbol: this.#symbol, series: named, to: state, value }),
      });
    }
    return active;
  }

  /** Is anything pending or firing, or will time change something? */
  get isWaiting(): boolean {
    if (this.activeCount > 0) return true;
    for (const { rule, alert } of this.#entries.values()) {
      if (deadlineUs(rule, alert) !== null) return true;
    }
    return false;
  }

  /** May a frame have something that a rule reads, or a change of an alert? */
  mayRead(text: string): boolean {
    return this.#marks === null || this.#marks.some((mark) => text.includes(mark));
  }

  /**
   * Rules that are new begin with what is known of the symbol; so that what lasts already is seen. What is known ends no silence and no
   * lack of data that was told: it came before that.
   */
  begin(rules: readonly CompiledRule[], known: LastKnown, atUs: number): AlertChange[] {
    const isNew = new Set(rules);
    for (const rule of rules) {
      // One that waits for what has never come waits from now on.
      const isWhole = rule.condition.kind === "silent" && rule.condition.isBornSilent;
      if (isWhole && !this.#entries.has(keyOf(rule, ""))) {
        this.#hold(rule, "", newAlert(atUs));
      }
    }
    if (rules.some(({ reads }) => reads.kind === "price" && reads.price !== "last")) {
      this.#book ??= known.book;
    }
    const changes: AlertChange[] = [];
    const know = (entry: Entry, run: Run) => {
      if (!isNew.has(entry.rule)) return;
      if (!wasToldOfLack(entry, run)) this.#read(entry, run, changes);
      else entry.alert = { ...entry.alert, ts: run.inOrder(null)?.ts ?? null };
    };
    for (const event of known.events) {
      const gathered = newlyGathered(atUs);
      // The book is known as a whole.
      if (event.kind === "book") this.#hear("book", gathered);
      else this.#gather(event, gathered);
      this.#forEach(gathered, know);
    }
    const gathered = newlyGathered(atUs);
    this.#gatherPrices(this.#book?.ts ?? 0, gathered);
    this.#forEach(gathered, know);
    return changes;
  }

  /** The next events of the log, which came at `atUs`. */
  observe(events: readonly TapeEvent[], atUs: number): AlertChange[] {
    return this.#observe(atUs, (gathered) => {
      for (const event of events) this.#gather(event, gathered);
    });
  }

  /**
   * The same of the texts of all frames of a commit. What no rule reads is not made a value, and each rule is asked once for each series: so
   * that it takes no longer for the events of a commit than for looking at them.
   */
  observeCommit(frames: Iterable<string>, atUs: number): AlertChange[] {
    return this.#observe(atUs, (gathered) => {
      for (const text of frames) {
        const end = this.#points.read(text, atUs);
        if (end > 0) this.#hear("metric", gathered);
        if (end === text.length) continue;
        for (const event of decodeFrame(text.slice(end))) this.#gather(event, gathered);
      }
    });
  }

  #observe(atUs: number, gather: (gathered: Gathered) => void): AlertChange[] {
    const changes = this.advance(atUs);
    const gathered = newlyGathered(atUs);
    gather(gathered);
    this.#forEach(gathered, (entry, run) => this.#read(entry, run, changes));
    return changes;
  }

  /**
   * Events that are in the log already, with what it says of alerts: those count, whatever this makes of the others. What it has not
   * said goes into `unsaid`, by alert.
   */
  follow(events: readonly TapeEvent[], atUs: number, unsaid: Chains): void {
    const others = events.filter(({ kind }) => kind !== "alert");
    for (const change of this.observe(others, atUs)) {
      addChange(unsaid, change);
    }
    for (const event of events) {
      if (event.kind !== "alert") continue;
      const expected = unsaid.get(alertKey(event)) ?? [];
      const at = expected.findIndex(({ to }) => to === event.state);
      if (at < 0) this.restore(event);
      unsaid.set(alertKey(event), at < 0 ? [] : expected.slice(at + 1));
    }
  }

  /** Time has come to `toUs`. */
  advance(toUs: number): AlertChange[] {
    if (toUs < this.#dueUs) return [];
    const changes: AlertChange[] = [];
    this.#dueUs = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries.values()) {
      const { alert, turns } = advance(entry.rule, entry.alert, toUs);
      this.#set(entry, alert, turns, changes);
    }
    return changes.sort((a, b) => a.atUs - b.atUs);
  }

  /** What a change in the log has said holds, whatever this would have made of it. */
  restore({ rule: name, series = "", state, ts, value }: AlertEvent): void {
    const rule = this.#rules.get(name);
    if (rule === undefined) return;
    const entry = this.#entry(rule, series);
    if (entry === null) return;
    const { alert } = entry;
    // Where it is in that state anyway, its events have said more than this.
    const restored =
      alert.state === state
        ? { ...alert, sinceUs: ts }
        : { ...alert, state, sinceUs: ts, holds: state !== "inactive", clearUs: null };
    this.#set(entry, { ...restored, value: alert.value ?? value ?? null }, [], []);
  }

  toJSON(): SavedAlerts {
    const rules = new Map<string, SavedAlerts["rules"][number]>();
    for (const [name, { judges }] of this.#rules) rules.set(name, [name, judges, []]);
    for (const { rule, series, alert } of this.#entries.values()) {
      rules.get(rule.rule.name)?.[2].push([series, alert]);
    }
    return { rules: [...rules.values()], ...(this.#ofBook.length > 0 && { book: this.#book }) };
  }

  #add(rule: CompiledRule): void {
    this.#rules.set(rule.rule.name, rule);
    const { reads } = rule;
    switch (reads.kind) {
      case "metric": {
        const others = this.#ofMetric.get(reads.metric);
        if (others === undefined) this.#ofMetric.set(reads.metric, [rule]);
        else others.push(rule);
        return;
      }
      case "price":
        (reads.price === "last" ? this.#ofLast : this.#ofBook).push(rule);
        return;
      case "silence":
        this.#ofSilence.push(rule);
        return;
      default:
        reads satisfies never;
    }
  }

  #gather(event: TapeEvent, gathered: Gathered): void {
    switch (event.kind) {
      case "alert":
        return;
      case "metric": {
        const { ts, metric, value, labels } = event;
        const text = labels === undefined ? "" : JSON.stringify(labels);
        this.#points.add(metric, text, ts, value, gathered.atUs);
        break;
      }
      case "trade":
        if (this.#ofLast.length === 0) break;
        gathered.last ??= new Run(gathered.atUs);
        gathered.last.add(event.ts, event.price);
        break;
      case "book":
        if (this.#ofBook.length === 0) break;
        // A cursor is asked for the place of a sample alone, which nobody asks here.
        this.#book = foldBook(this.#book, event, gathered.atUs as Cursor);
        this.#gatherPrices(event.ts, gathered);
        break;
      default:
    }
    this.#hear(event.kind, gathered);
  }

  #hear(kind: TapeEvent["kind"], gathered: Gathered): void {
    if (this.#ofSilence.length > 0) gathered.heard = (gathered.heard ?? new Set()).add(kind);
  }

  /** The best prices of the book as it is, where it has both. */
  #gatherPrices(ts: number, gathered: Gathered): void {
    const bid = this.#book?.book.bids[0]?.[0];
    const ask = this.#book?.book.asks[0]?.[0];
    if (bid === undefined || ask === undefined) return;
    gathered.mid ??= new Run(gathered.atUs);
    gathered.spread ??= new Run(gathered.atUs);
    gathered.mid.add(ts, (bid + ask) / 2);
    gathered.spread.add(ts, ask - bid);
  }

  /** Each alert that what was gathered says something to, with what it reads of it. */
  #forEach(
    { atUs, last, mid, spread, heard }: Gathered,
    read: (entry: Entry, run: Run) => void,
  ): void {
    for (const [entries, run] of this.#points.take()) for (const entry of entries) read(entry, run);
    const whole = (rule: CompiledRule, run: Run | null) => {
      const entry = run === null ? null : this.#entry(rule, "");
      if (run !== null && entry !== null) read(entry, run);
    };
    for (const rule of this.#ofLast) whole(rule, last);
    for (const rule of this.#ofBook) whole(rule, isOnMid(rule) ? mid : spread);
    if (heard === null) return;
    for (const rule of this.#ofSilence) if (isHeard(rule, heard)) whole(rule, new Run(atUs));
  }

  /** Whom a series of points concerns. */
  #readersOf(metric: string, labels: Readonly<Record<string, string>>): readonly Entry[] {
    const rules = this.#ofMetric.get(metric);
    if (rules === undefined) return NOBODY;
    const series = seriesText({ metric, labels });
    return rules.flatMap((rule) => {
      const { reads, condition } = rule;
      const isOfAll = condition.kind === "silent" && condition.isBornSilent;
      const isIn =
        reads.kind === "metric" && reads.labels.every(([label, value]) => labels[label] === value);
      return isIn ? (this.#entry(rule, isOfAll ? "" : series) ?? []) : [];
    });
  }

  #read(entry: Entry, run: Run, changes: AlertChange[]): void {
    this.evaluations += Math.max(1, run.length);
    const { alert, turns } = observe(entry.rule, entry.alert, run);
    this.#set(entry, alert, turns, changes);
  }

  #entry(rule: CompiledRule, series: string): Entry | null {
    const known = this.#entries.get(keyOf(rule, series));
    if (known !== undefined) return known;
    if (this.#entries.size >= MOST_ALERTS) return null;
    return this.#hold(rule, series, newAlert(0));
  }

  #hold(rule: CompiledRule, series: string, alert: Alert): Entry {
    const entry = { rule, series, alert };
    this.#entries.set(keyOf(rule, series), entry);
    if (alert.state !== "inactive") this.activeCount += 1;
    this.#dueUs = Math.min(this.#dueUs, deadlineUs(rule, alert) ?? Number.POSITIVE_INFINITY);
    return entry;
  }

  #set(entry: Entry, alert: Alert, turns: readonly Turn[], changes: AlertChange[]): void {
    this.activeCount +=
      Number(alert.state !== "inactive") - Number(entry.alert.state !== "inactive");
    entry.alert = alert;
    const due = deadlineUs(entry.rule, alert);
    if (due !== null && due < this.#dueUs) this.#dueUs = due;
    for (const turn of turns) changes.push(this.#changeOf(entry, turn));
  }

  #changeOf({ rule: { rule }, series }: Entry, { from, to, atUs, value }: Turn): AlertChange {
    const named = series === "" ? undefined : series;
    return {
      id: alertId(rule.name, this.#symbol, named, to, atUs),
      ...{ rule: rule.name, symbol: this.#symbol },
      ...(named !== undefined && { series: named }),
      ...{ from, to, value, atUs },
      message: messageOf(rule, { symbol: this.#symbol, series: named, to, value }),
    };
  }
}

const NOBODY: readonly Entry[] = [];

function newlyGathered(atUs: number): Gathered {
  return { atUs, last: null, mid: null, spread: null, heard: null };
}

/** Is it pending or firing for lack of what is known to have come before? */
function wasToldOfLack({ rule, alert }: Entry, run: Run): boolean {
  if (alert.state === "inactive") return false;
  if (rule.condition.kind === "silent") return true;
  return rule.noData?.isAlert === true && !observe(rule, alert, run).alert.holds;
}

function isHeard({ reads }: CompiledRule, kinds: ReadonlySet<TapeEvent["kind"]>): boolean {
  return reads.kind === "silence" && (reads.of === "any" || kinds.has(reads.of));
}

function isOnMid({ reads }: CompiledRule): boolean {
  return reads.kind === "price" && reads.price === "mid";
}

function keyOf({ rule }: CompiledRule, series: string): string {
  return alertKey({ rule: rule.name, series });
}
