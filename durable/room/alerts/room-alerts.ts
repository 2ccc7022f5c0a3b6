import {
  type AlertChange,
  addChange,
  alertEventOf,
  type Chains,
  changesIn,
} from "../../../src/core/alerts/alert-change.ts";
import type { CompiledRule } from "../../../src/core/alerts/compiled-rule.ts";
import {
  endedWithRules,
  rulesUnknownTo,
  type SavedAlerts,
} from "../../../src/core/alerts/saved-alerts.ts";
import {
  type ActiveAlert,
  type LastKnown,
  SymbolAlerts,
} from "../../../src/core/alerts/symbol-alerts.ts";
import {
  decodeFrame,
  type EncodedFrame,
  encodeFrames,
} from "../../../src/core/events/encode-events.ts";
import type { AlertEvent } from "../../../src/protocol/events/alert.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import type { LogFrame, RoomId } from "../../host/log/host-log.ts";
import type { RoomLog } from "../log/room-log.ts";
import { numberOf, type SqlPort, textOf } from "../sql-port.ts";

/** What the rules know is written down after so many events of the room, so that a wake has few of them to read again. */
const SAVE_EVENTS = 5_000;
/** ...or so many for each alert, so that writing many down stays a small part of the work. */
const SAVE_EVENTS_AN_ALERT = 20;

export interface RoomAlertsDeps {
  symbol: SymbolName;
  sql: SqlPort;
  log: Pick<RoomLog, "id" | "head" | "isPending" | "isSealed" | "prunedThrough" | "framesAfter">;
  /** The rules that are for the symbol now. */
  rules(): readonly CompiledRule[];
  /** Have they become others since it was told, or asked, the last time? */
  areOthers(): boolean;
  /** What the room knows by heart, up to the head. */
  known(): LastKnown;
  /** The commit that has these is about to be made. */
  changed(changes: readonly AlertChange[]): void;
  /** It is known what was before the log; these are pending or firing by that and what came since. */
  takenOver(active: readonly ActiveAlert[]): void;
  /** So many events were looked at for rules. */
  evaluated(events: number): void;
  /** There is something now that time will change. */
  waits(): void;
}

/** Alerts that begin again: what they wrote down, and what they have read of the log behind that. */
interface Opening {
  /** Those they were opened with. */
  rules: readonly CompiledRule[];
  /** Null where nothing was written down: then nothing of the log is read. */
  saved: SavedAlerts | null;
  /** Of those rules that were known then. */
  alerts: SymbolAlerts;
  unknown: readonly CompiledRule[];
  through: Cursor;
  /** What the log should have said behind that, and has not. */
  unsaid: Chains;
}

/** Creates what the rooms of a host keep of their alerts; safe to run at every wake. */
export function createAlertsTable(sql: SqlPort): void {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS alert_states (room INTEGER PRIMARY KEY, through INTEGER NOT NULL, waits INTEGER NOT NULL, state TEXT NOT NULL)",
  );
}

/**
 * The alerts of a room: what changes goes into the log with the events that changed it. Every change is an event of the log, so
 * whoever begins anew has them from what was written down last and the log behind it; nothing is written for an event.
 */
export class RoomAlerts {
  readonly #deps: RoomAlertsDeps;
  #alerts: SymbolAlerts | null = null;
  /** Null where they have begun, and where nobody has asked. */
  #opening: Opening | null = null;
  /** Events up to here are known to the rules. */
  #through: Cursor = 0 as Cursor;
  #sinceSaved = 0;
  #isSavedAsWaiting = false;
  /** Found where nothing could be appended: told with what is next. */
  #owed: AlertChange[] = [];

  constructor(deps: RoomAlertsDeps) {
    this.#deps = deps;
  }

  /** When time will change something, in ms, or earlier; null: never. */
  get dueMs(): number | null {
    const { isSealed, isPending } = this.#deps.log;
    const us = isSealed || isPending ? null : (this.#alerts?.dueUs ?? null);
    return us === null ? null : Math.ceil(us / 1_000);
  }

  /** What is pending or firing, as far as `look` has seen. */
  get active(): ActiveAlert[] {
    return this.#alerts?.active ?? [];
  }

  /** Frames that are about to be appended, with what they change behind them. `append` has to follow in the same turn. */
  withChanges(frames: readonly EncodedFrame[], nowUs: EpochUs): readonly EncodedFrame[] {
    const { log, evaluated } = this.#deps;
    // What was before may say that alerts fire: what comes meanwhile is looked at when that is known.
    if (log.isPending) return frames;
    this.#askRules();
    const begun = this.#begun(nowUs);
    const alerts = this.#alerts;
    if (alerts === null) return frames;
    const atUs = Math.max(nowUs, log.head + 1);
    const chains: Chains = new Map();
    const before = alerts.evaluations;
    const read: string[] = [];
    for (const { text, count } of frames) {
      this.#sinceSaved += count;
      if (alerts.mayRead(text)) read.push(text);
    }
    for (const change of alerts.observeCommit(read, atUs)) addChange(chains, change);
    evaluated(alerts.evaluations - before);
    const changes = changesIn(chains);
    if (begun.length === 0 && changes.length === 0) return frames;
    return [...this.#encode(begun), ...frames, ...this.#encode(changes)];
  }

  /** The frames that were made last are in the log. */
  appended(): void {
    const alerts = this.#alerts;
    if (alerts === null) return;
    this.#through = this.#deps.log.head;
    if (alerts.dueUs !== null) this.#deps.waits();
    const isNewlyWaiting =
      !this.#isSavedAsWaiting && (alerts.dueUs !== null || alerts.activeCount > 0);
    const due = Math.max(SAVE_EVENTS, alerts.size * SAVE_EVENTS_AN_ALERT);
    if (this.#sinceSaved >= due || isNewlyWaiting) this.#save();
  }

  /** Where the log begins that they have yet to read; null where they have begun, or read nothing of it. */
  get followedThrough(): Cursor | null {
    const { id, isPending } = this.#deps.log;
    if (this.#alerts !== null || id === null || isPending) return null;
    const { saved, through } = this.#open(id);
    return saved === null ? null : through;
  }

  /** The next frames of the room, as somebody has read them of the log who reads it for many rooms: see `followedThrough`. */
  followIn(frames: readonly LogFrame[]): void {
    const opening = this.#opening;
    if (this.#alerts === null && opening !== null) this.#followOn(opening, frames);
  }

  /** Time has passed, or rules are others: what has changed by that, to be appended; null where nothing has. */
  look(nowUs: EpochUs): EncodedFrame[] | null {
    const { log } = this.#deps;
    if (log.isPending || log.isSealed) return null;
    this.#askRules();
    const changes = [...this.#begun(nowUs), ...(this.#alerts?.advance(nowUs) ?? NONE)];
    // No frame of anybody brings them: they alone may be what the log has behind what was written down.
    this.#sinceSaved += changes.length;
    return changes.length === 0 ? null : this.#encode(changes);
  }

  /** The rules of the symbol are others. */
  rulesChanged(): void {
    if (this.#alerts === null) return;
    this.#save();
    this.#alerts = null;
  }

  /**
   * It is known now what was before the log: `earlier` was pending or firing by it, and `known` were its last values. Those come first:
   * whatever is older changes nothing (SPEC AL-6).
   */
  beginAfter(
    earlier: readonly AlertEvent[],
    known: LastKnown,
    nowUs: EpochUs,
  ): EncodedFrame[] | null {
    const { symbol, log, rules: rulesNow, takenOver } = this.#deps;
    const rules = rulesNow();
    const alerts = new SymbolAlerts(symbol, rules);
    for (const event of earlier) alerts.restore(event);
    const [first] = log.framesAfter(log.prunedThrough, log.head);
    const beginUs = Math.max(log.prunedThrough, (first?.cursor ?? nowUs) - 1);
    const changes = alerts.begin(rules, known, beginUs);
    const unsaid: Chains = new Map();
    for (const frame of log.framesAfter(log.prunedThrough, log.head)) {
      this.#follow(alerts, frame, unsaid);
    }
    changes.push(...changesIn(unsaid), ...alerts.advance(Math.max(nowUs, log.head)));
    this.#alerts = alerts;
    this.#through = log.head;
    this.#save();
    const frames = changes.length === 0 ? null : this.#encode(changes);
    takenOver(alerts.active);
    return frames;
  }

  /** Writes down what would be lost with the frames up to `through`, which are about to be dropped. */
  keepBeforeDrop(nowUs: EpochUs): void {
    if (this.#deps.log.isPending) return;
    this.#askRules();
    this.#owed = this.#begun(nowUs);
    this.keep();
  }

  /** Writes down what would take long to make again. */
  keep(): void {
    if (this.#alerts !== null && this.#sinceSaved > 0) this.#save();
  }

  /** Rooms are told of other rules some time later, and ask before they need them: so that they begin anew once, however many there are. */
  #askRules(): void {
    if (this.#alerts !== null && this.#deps.areOthers()) this.rulesChanged();
  }

  /** Begins, where it has not; what that has found. */
  #begun(nowUs: EpochUs): AlertChange[] {
    const owed = this.#owed;
    this.#owed = [];
    return this.#alerts === null ? [...owed, ...this.#begin(nowUs)] : owed;
  }

  #begin(nowUs: EpochUs): AlertChange[] {
    const { symbol, sql, log, known } = this.#deps;
    const { id } = log;
    if (id === null) return NONE;
    const opening = this.#open(id);
    const { rules, saved, alerts, unknown, unsaid } = opening;
    if (saved !== null) this.#followOn(opening, log.framesAfter(opening.through, log.head));
    const changes = endedWithRules(symbol, saved, rules, Math.max(nowUs, log.head));
    changes.push(...changesIn(unsaid));
    this.#opening = null;
    this.#alerts = alerts;
    this.#through = log.head;
    if (rules.length === 0) {
      this.#isSavedAsWaiting = false;
      sql.exec("DELETE FROM alert_states WHERE room = ?", id);
      return changes;
    }
    if (unknown.length === 0 && changes.length === 0) {
      if (alerts.dueUs !== null) this.#deps.waits();
      return changes;
    }
    this.#alerts = new SymbolAlerts(symbol, rules, alerts.toJSON());
    changes.push(...this.#alerts.begin(unknown, known(), Math.max(nowUs, log.head)));
    this.#save();
    return changes;
  }

  /** What was written down, for the rules that there are now. */
  #open(id: RoomId): Opening {
    const { symbol, sql, rules: rulesNow } = this.#deps;
    const rules = rulesNow();
    if (this.#opening !== null && this.#opening.rules === rules) return this.#opening;
    const [row] = sql.exec("SELECT through, waits, state FROM alert_states WHERE room = ?", id);
    this.#isSavedAsWaiting = row !== undefined && numberOf(row["waits"]) === 1;
    const saved = row === undefined ? null : (JSON.parse(textOf(row["state"])) as SavedAlerts);
    const through = numberOf(row?.["through"] ?? 0) as Cursor;
    const unknown = rulesUnknownTo(saved, rules);
    const known = rules.filter((rule) => !unknown.includes(rule));
    const alerts = new SymbolAlerts(symbol, known, saved);
    this.#opening = { rules, saved, alerts, unknown, through, unsaid: new Map() };
    return this.#opening;
  }

  /** Takes the next frames of the log; those that it has are passed over. */
  #followOn(opening: Opening, frames: Iterable<LogFrame>): void {
    for (const frame of frames) {
      if (frame.cursor <= opening.through) continue;
      this.#follow(opening.alerts, frame, opening.unsaid);
      opening.through = frame.cursor;
    }
  }

  /** What the log has in a frame; what it should have said of that and has not goes into `unsaid`. */
  #follow(alerts: SymbolAlerts, { cursor, text, count }: LogFrame, unsaid: Chains): void {
    this.#sinceSaved += count;
    if (alerts.mayRead(text)) alerts.follow(decodeFrame(text), cursor, unsaid);
  }

  #encode(changes: readonly AlertChange[]): EncodedFrame[] {
    if (changes.length === 0) return [];
    this.#deps.changed(changes);
    const severities = new Map(
      this.#deps.rules().map(({ rule }) => [rule.name, rule.severity ?? "warning"]),
    );
    return encodeFrames(
      changes.map((change) => alertEventOf(change, severities.get(change.rule) ?? "warning")),
    );
  }

  #save(): void {
    const { sql, log, waits } = this.#deps;
    const { id } = log;
    const alerts = this.#alerts;
    if (id === null || alerts === null) return;
    this.#sinceSaved = 0;
    this.#isSavedAsWaiting = alerts.isWaiting;
    if (alerts.dueUs !== null) waits();
    sql.exec(
      "INSERT OR REPLACE INTO alert_states (room, through, waits, state) VALUES (?, ?, ?, ?)",
      ...[id, this.#through, Number(this.#isSavedAsWaiting), JSON.stringify(alerts)],
    );
  }
}

const NONE: AlertChange[] = [];
