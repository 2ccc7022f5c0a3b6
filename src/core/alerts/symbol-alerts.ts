import type { AlertEvent, AlertSeverity } from "../../protocol/events/alert.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { type BookState, foldBook } from "../books/book-samples.ts";
import type { ScannedPoint } from "../events/scan-points.ts";
import {
  type AlertChange,
  type AlertState,
  addChange,
  alertId,
  alertKey,
  type Chains,
} from "./alert-change.ts";
import {
  type Alert,
  advance,
  deadlineUs,
  newAlert,
  observe,
  type Reading,
  type Turn,
} from "./alert-reducer.ts";
import type { CompiledRule } from "./compiled-rule.ts";
import { marksOf } from "./frame-marks.ts";
import { messageOf } from "./message.ts";
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
  /** What a series of points concerns, by its name and its labels as they come. */
  #ofSeries = new Map<string, Map<string, readonly Entry[]>>();
  #met = 0;
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
    const know = (entry: Entry, reading: Reading) => {
      if (!isNew.has(entry.rule)) return;
      if (!wasToldOfLack(entry, reading)) this.#read(entry, reading, changes);
      else entry.alert = { ...entry.alert, ts: reading.ts };
    };
    for (const event of known.events) {
      for (const entry of this.#concerned(event)) know(entry, readingOf(event, atUs));
    }
    for (const [entry, reading] of this.#ofPrices(this.#book?.ts ?? 0, atUs)) know(entry, reading);
    return changes;
  }

  /** The same of a frame of points, as they stand in its text: what no rule reads is not made a value. */
  observePoints(points: readonly ScannedPoint[], atUs: number): AlertChange[] {
    const changes = this.advance(atUs);
    for (const { ts, metric, labels, value } of points) {
      const entries = this.#ofSeries.get(metric)?.get(labels) ?? this.#meet(metric, labels);
      for (const entry of entries) this.#read(entry, { atUs, ts, value: Number(value) }, changes);
      for (const rule of this.#ofSilence) {
        const entry = isHeard(rule, "metric") ? this.#entry(rule, "") : null;
        if (entry !== null) this.#read(entry, { atUs, ts, value: null }, changes);
      }
    }
    return changes;
  }

  /** The next events of the log, which came at `atUs`. */
  observe(events: readonly TapeEvent[], atUs: number): AlertChange[] {
    const changes = this.advance(atUs);
    for (const event of events) {
      const reading = readingOf(event, atUs);
      for (const entry of this.#concerned(event)) this.#read(entry, reading, changes);
      if (event.kind === "book" && this.#ofBook.length > 0) {
        // A cursor is asked for the place of a sample alone, which nobody asks here.
        this.#book = foldBook(this.#book, event, atUs as Cursor);
        for (const [entry, reading] of this.#ofPrices(event.ts, atUs)) {
          this.#read(entry, reading, changes);
        }
      }
    }
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

  /** The alerts that an event says something to, but for those of the book's prices. */
  *#concerned(event: TapeEvent): Generator<Entry> {
    if (event.kind === "alert") return;
    if (event.kind === "metric") {
      const labels = event.labels === undefined ? "" : JSON.stringify(event.labels);
      yield* this.#ofSeries.get(event.metric)?.get(labels) ?? this.#meet(event.metric, labels);
    }
    if (event.kind === "trade") yield* this.#whole(this.#ofLast);
    for (const rule of this.#ofSilence) {
      const entry = isHeard(rule, event.kind) ? this.#entry(rule, "") : null;
      if (entry !== null) yield entry;
    }
  }

  *#whole(rules: readonly CompiledRule[]): Generator<Entry> {
    for (const rule of rules) {
      const entry = this.#entry(rule, "");
      if (entry !== null) yield entry;
    }
  }

  /** A series that nobody has met: `labels` is JSON, empty where it has none. */
  #meet(metric: string, labels: string): readonly Entry[] {
    const rules = this.#ofMetric.get(metric);
    if (rules === undefined) return NOBODY;
    const has = labels === "" ? {} : (JSON.parse(labels) as Record<string, string>);
    const series = seriesText({ metric, labels: has });
    const entries = rules.flatMap((rule) => {
      const { reads, condition } = rule;
      const isOfAll = condition.kind === "silent" && condition.isBornSilent;
      const isIn =
        reads.kind === "metric" && reads.labels.every(([label, value]) => has[label] === value);
      return isIn ? (this.#entry(rule, isOfAll ? "" : series) ?? []) : [];
    });
    // Labels with ever new values must not fill the memory.
    if (this.#met >= MOST_ALERTS) {
      this.#ofSeries = new Map();
      this.#met = 0;
    }
    this.#met += 1;
    const ofMetric = this.#ofSeries.get(metric) ?? new Map<string, readonly Entry[]>();
    this.#ofSeries.set(metric, ofMetric.set(labels, entries));
    return entries;
  }

  #read(entry: Entry, reading: Reading, changes: AlertChange[]): void {
    this.evaluations += 1;
    const { alert, turns } = observe(entry.rule, entry.alert, reading);
    this.#set(entry, alert, turns, changes);
  }

  /** The alerts on prices of the book, each with what it reads of it as it is. */
  *#ofPrices(ts: number, atUs: number): Generator<[Entry, Reading]> {
    const bid = this.#book?.book.bids[0]?.[0];
    const ask = this.#book?.book.asks[0]?.[0];
    if (bid === undefined || ask === undefined) return;
    for (const rule of this.#ofBook) {
      const entry = this.#entry(rule, "");
      if (entry === null) continue;
      const isMid = rule.reads.kind === "price" && rule.reads.price === "mid";
      yield [entry, { atUs, ts, value: isMid ? (bid + ask) / 2 : ask - bid }];
    }
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

function readingOf(event: TapeEvent, atUs: number): Reading {
  const value = event.kind === "metric" ? event.value : event.kind === "trade" ? event.price : null;
  return { atUs, ts: event.ts, value };
}

/** Is it pending or firing for lack of what is known to have come before? */
function wasToldOfLack({ rule, alert }: Entry, reading: Reading): boolean {
  if (alert.state === "inactive") return false;
  if (rule.condition.kind === "silent") return true;
  return rule.noData?.isAlert === true && !observe(rule, alert, reading).alert.holds;
}

function isHeard({ reads }: CompiledRule, kind: TapeEvent["kind"]): boolean {
  return reads.kind === "silence" && (reads.of === "any" || reads.of === kind);
}

function keyOf({ rule }: CompiledRule, series: string): string {
  return alertKey({ rule: rule.name, series });
}
