import type { AlertCatalog, HeldAlert, HeldAlerts } from "../../../src/bindings/alerts.ts";
import type { AlertChange } from "../../../src/core/alerts/alert-change.ts";
import { type CompiledRule, compileRule } from "../../../src/core/alerts/compiled-rule.ts";
import { matchesGlob } from "../../../src/core/placement/glob.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import type { AlertRule } from "../../../src/protocol/alerts/rule.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { alertStates, metrics } from "../../../src/telemetry/metrics.ts";
import type { AlertsOfRoom } from "../../room/room-ports.ts";
import { numberOf, type SqlPort, textOf } from "../../room/sql-port.ts";
import type { RoomId } from "../log/host-log.ts";
import type { Registry } from "../registry.ts";
import type { RoomRecord } from "../room-record.ts";
import type { HostMeta } from "../symbols/host-meta.ts";
import { LearnOnce } from "../symbols/learn-once.ts";
import { AlertCounts } from "./alert-counts.ts";
import type { AlertNotices } from "./alert-notices.ts";

const VERSION = "alert_rules_version";
const REVIEWED = "alert_rules_reviewed";
/** Rooms that are looked at in one turn of the event loop. */
const ROOMS_A_TURN = 50;
/** Rules that begin anew in one turn, in whatever rooms: some ms. */
const RULES_A_TURN = 1_000;
/**
 * Rooms that were told of other rules are left alone for so many times what that took, in ms: to begin anew costs a room as much for one
 * rule as for 1,000. What comes to a room meanwhile has it ask by itself.
 */
const REST = { times: 9, leastMs: 500, mostMs: 5_000 };

/** A room as its host's alerts see it. */
export interface AlertedRoom {
  rulesChanged(): void;
  activeAlerts(): Omit<HeldAlert, "symbol">[];
}

export interface HostAlertsDeps {
  host: HostName;
  sql: SqlPort;
  meta: HostMeta;
  registry: Pick<Registry, "all" | "find" | "byId">;
  notices: AlertNotices;
  roomOf(symbol: SymbolName): AlertedRoom;
  /** Ends when these rooms need to read little before they begin anew. */
  prepare(rooms: readonly RoomRecord[]): Promise<void>;
  /** The correlation id of the push that is being appended to a room; null where none is. */
  causeOf(symbol: SymbolName): string | null;
  /** The rules of this host, from who keeps them. */
  askRules(): Promise<AlertCatalog>;
  /** Symbols that earlier hosts had. `learn`: finds them out, some time; `met` is told of each. */
  names: { isLearned(): boolean; learn(): void };
  newId(): string;
  /** What bears this id is about to be appended; no push brings it. */
  followed(correlationId: string): void;
  nowMs(): number;
  wait(ms: number): Promise<void>;
  keepAwake(work: Promise<void>): void;
  armAlarm(): void;
  failed(error: unknown): void;
}

/** The rules of a host: a copy of those that the Keeper has, for its rooms to ask, on disk, so that no push waits for anybody. */
export class HostAlerts {
  readonly #deps: HostAlertsDeps;
  readonly #rules = new Map<string, CompiledRule>();
  /** Each as it is on disk. */
  readonly #texts = new Map<string, string>();
  /** The rules of symbols that somebody has asked for. */
  readonly #ofSymbol = new Map<SymbolName, readonly CompiledRule[]>();
  /** Symbols whose rules have changed, and whose rooms have not been told. */
  readonly #changed = new Set<SymbolName>();
  readonly #learning: LearnOnce;
  readonly #counts = new AlertCounts();
  #version: number | null;
  #isReviewing = false;
  /** When the last review ended, and how long the next one waits from there. */
  #reviewedAtMs = Number.NEGATIVE_INFINITY;
  #restMs = 0;
  #isLearning = false;

  constructor(deps: HostAlertsDeps) {
    const { sql, meta, nowMs, failed } = deps;
    this.#deps = deps;
    sql.exec("CREATE TABLE IF NOT EXISTS alert_rules (name TEXT PRIMARY KEY, rule TEXT NOT NULL)");
    this.#version = meta.read<number>(VERSION);
    for (const row of sql.exec("SELECT rule FROM alert_rules")) {
      const text = textOf(row["rule"]);
      const rule = JSON.parse(text) as AlertRule;
      this.#rules.set(rule.name, compileRule(rule));
      this.#texts.set(rule.name, text);
    }
    this.#learning = new LearnOnce({
      isLearned: () => this.#version !== null,
      ask: async () => this.take(await deps.askRules()),
      ...{ nowMs, failed },
    });
  }

  /** Are there rules for it, or has something been written down by rules that were? */
  isWatched(symbol: SymbolName): boolean {
    return this.#changed.has(symbol) || this.#rulesOf(symbol).length > 0;
  }

  /** Are there rules, for whatever symbol? */
  get hasRules(): boolean {
    return this.#rules.size > 0;
  }

  /** Asks for the rules, where it has never heard of any; ends also where nobody answers. */
  async learned(): Promise<void> {
    if (this.#version === null) await this.#learning.learn();
  }

  /** What a room of a symbol asks. */
  ofRoom(symbol: SymbolName): AlertsOfRoom {
    return {
      rules: () => this.#rulesOf(symbol),
      areOthers: () => this.#changed.delete(symbol),
      changed: (changes) => this.#note(symbol, changes),
      takenOver: (active) => {
        this.#counts.begin(symbol, active);
        this.#tellCounts();
      },
      evaluated: (events) => metrics.alertEvaluations.add(events, {}),
    };
  }

  /**
   * Takes up what the last life left: rooms in which something waits, those that have not heard of the newest rules, and those that do
   * not know yet what was before them.
   */
  begin(): void {
    const { keepAwake, meta, registry, notices } = this.#deps;
    notices.send();
    const isReviewed = this.#version === null || meta.read<number>(REVIEWED) === this.#version;
    if (!isReviewed) for (const { symbol } of registry.all()) this.#changed.add(symbol);
    if (this.#rules.size > 0) {
      for (const symbol of this.#unsettled()) this.#changed.add(symbol);
      this.#deps.names.learn();
      keepAwake(this.#wake());
    }
    if (this.#changed.size > 0 || !isReviewed) this.#review();
  }

  /** Symbols that earlier hosts had are here now: what fires by their rules goes on. */
  met(symbols: readonly SymbolName[]): void {
    const watched = symbols.filter((symbol) => this.#rulesOf(symbol).length > 0);
    if (watched.length === 0) return;
    for (const symbol of watched) this.#changed.add(symbol);
    this.#review();
  }

  /** Another host has the symbol now, and counts what fires of it. */
  left(symbol: SymbolName): void {
    this.#counts.begin(symbol, []);
    this.#tellCounts();
  }

  /** These are the rules now. */
  take({ version, rules }: AlertCatalog): void {
    const { sql, meta, registry } = this.#deps;
    const now = new Map(rules.map((rule) => [rule.name, rule]));
    const touched: AlertRule[] = [];
    for (const [name, { rule }] of this.#rules) {
      if (now.has(name)) continue;
      touched.push(rule);
      this.#rules.delete(name);
      this.#texts.delete(name);
      sql.exec("DELETE FROM alert_rules WHERE name = ?", name);
    }
    for (const [name, rule] of now) {
      const text = JSON.stringify(rule);
      if (this.#texts.get(name) === text) continue;
      const known = this.#rules.get(name);
      touched.push(rule);
      if (known !== undefined) touched.push(known.rule);
      this.#rules.set(name, compileRule(rule));
      this.#texts.set(name, text);
      sql.exec("INSERT OR REPLACE INTO alert_rules (name, rule) VALUES (?, ?)", name, text);
    }
    const isTouched = (symbol: SymbolName) =>
      touched.some(({ symbols }) => matchesGlob(symbols, symbol));
    for (const symbol of this.#ofSymbol.keys()) {
      if (isTouched(symbol)) this.#ofSymbol.delete(symbol);
    }
    this.#version = version;
    meta.write(VERSION, version);
    if (now.size > 0) this.#deps.names.learn();
    for (const { symbol } of registry.all()) {
      if (isTouched(symbol)) this.#changed.add(symbol);
    }
    this.#review();
  }

  /** Alerts that are pending or firing, of a symbol or of all. Not complete where a symbol is not known to the end yet. */
  async active(symbol: SymbolName | null): Promise<HeldAlerts> {
    const { roomOf, prepare, names, wait } = this.#deps;
    if (this.#version === null) this.#learn();
    else if (this.#rules.size > 0) names.learn();
    await this.#tellRooms();
    const active: HeldAlert[] = [];
    const waiting = this.#waiting().filter((record) => symbol === null || record.symbol === symbol);
    await prepare(waiting);
    let at = 0;
    for (const record of waiting) {
      for (const alert of roomOf(record.symbol).activeAlerts()) {
        active.push({ ...alert, symbol: record.symbol });
      }
      at += 1;
      if (at % ROOMS_A_TURN === 0) await wait(0);
    }
    if (symbol === null) {
      this.#counts.beginAll(active);
      this.#tellCounts();
    }
    const knowsAll = this.#rules.size === 0 || (names.isLearned() && !this.#isUnsettled(symbol));
    return { alerts: active, complete: this.#version !== null && knowsAll };
  }

  #isUnsettled(symbol: SymbolName | null): boolean {
    for (const one of this.#unsettled()) if (symbol === null || one === symbol) return true;
    return false;
  }

  /** Symbols with rules whose rooms do not know yet what was before them. */
  *#unsettled(): Generator<SymbolName> {
    for (const { symbol, pending, isSealed } of this.#deps.registry.all()) {
      if (pending !== null && !isSealed && this.#rulesOf(symbol).length > 0) yield symbol;
    }
  }

  #rulesOf(symbol: SymbolName): readonly CompiledRule[] {
    if (this.#version === null) this.#learn();
    if (this.#rules.size === 0) return NO_RULES;
    const known = this.#ofSymbol.get(symbol);
    if (known !== undefined) return known;
    const all = [...this.#rules.values()];
    const rules = all.filter(({ rule }) => matchesGlob(rule.symbols, symbol));
    this.#ofSymbol.set(symbol, rules);
    return rules;
  }

  #learn(): void {
    if (this.#isLearning) return;
    this.#isLearning = true;
    this.#deps.keepAwake(
      this.#learning
        .learn()
        .then(() => undefined)
        .finally(() => {
          this.#isLearning = false;
        }),
    );
  }

  #note(symbol: SymbolName, changes: readonly AlertChange[]): void {
    if (changes.length === 0) return;
    const { causeOf, newId, followed, notices } = this.#deps;
    const cause = causeOf(symbol);
    // Time, other rules, or what was before: no request has an id for that. This one is a trace id, so webhooks bear it as such.
    const correlationId = cause ?? newId().replaceAll("-", "");
    if (cause === null) followed(correlationId);
    for (const change of changes) {
      const webhooks = this.#rules.get(change.rule)?.rule.webhooks;
      notices.note({ change, correlationId, ...(webhooks !== undefined && { webhooks }) });
    }
    // What the last sample of its book changes of a symbol that leaves is counted where the symbol is.
    if (this.#deps.registry.find(symbol)?.isSealed) return;
    for (const change of changes) this.#counts.note(symbol, change);
    this.#tellCounts();
  }

  #tellCounts(): void {
    alertStates.set(this.#deps.host, this.#counts.total);
  }

  /** Rooms in which something is pending, fires, or will change with time. */
  #waiting(): RoomRecord[] {
    const { sql, registry } = this.#deps;
    const rows = [...sql.exec("SELECT room FROM alert_states WHERE waits = 1")];
    return rows.flatMap((row) => {
      const record = registry.byId(numberOf(row["room"]) as RoomId);
      const isCurrent = registry.find(record.symbol) === record && !record.isSealed;
      return isCurrent ? [record] : [];
    });
  }

  async #wake(): Promise<void> {
    await this.active(null);
    this.#deps.armAlarm();
  }

  #review(): void {
    if (this.#isReviewing) return;
    this.#isReviewing = true;
    this.#deps.keepAwake(
      this.#reviewNext().finally(() => {
        this.#isReviewing = false;
        if (this.#changed.size > 0) this.#review();
      }),
    );
  }

  async #reviewNext(): Promise<void> {
    const { nowMs, wait, meta, armAlarm } = this.#deps;
    const leftMs = this.#reviewedAtMs + this.#restMs - nowMs();
    // More than that lies ahead where the clock was turned back.
    if (leftMs > 0) await wait(Math.min(leftMs, this.#restMs));
    const beganMs = nowMs();
    await this.#tellRooms();
    this.#reviewedAtMs = nowMs();
    const restMs = (this.#reviewedAtMs - beganMs) * REST.times;
    this.#restMs = Math.min(Math.max(restMs, REST.leastMs), REST.mostMs);
    if (this.#changed.size === 0) meta.write(REVIEWED, this.#version);
    armAlarm();
  }

  /** Those that are to be told now: whose rules change meanwhile are told the next time, or nobody else would have a turn. */
  async #tellRooms(): Promise<void> {
    const { registry, roomOf, prepare, wait } = this.#deps;
    const changed = [...this.#changed];
    const records = changed.map((symbol) => registry.find(symbol));
    await prepare(
      records.filter((record) => record !== undefined && !record.isSealed) as RoomRecord[],
    );
    let rules = 0;
    for (const symbol of changed) {
      if (!this.#changed.has(symbol)) continue;
      const record = registry.find(symbol);
      if (record !== undefined && !record.isSealed) roomOf(symbol).rulesChanged();
      this.#changed.delete(symbol);
      rules += this.#rulesOf(symbol).length + RULES_A_TURN / ROOMS_A_TURN;
      if (rules < RULES_A_TURN) continue;
      rules = 0;
      await wait(0);
    }
  }
}

const NO_RULES: readonly CompiledRule[] = [];
