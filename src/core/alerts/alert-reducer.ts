import type { AlertState } from "./alert-change.ts";
import type { CompiledRule } from "./compiled-rule.ts";

/** A window of `change` is kept in so many parts, of each its last value. */
const WINDOW_PARTS = 30;

/**
 * One alert: a rule on one symbol, or on one series of it. Plain data. All its times but `ts` are those of the log, which only grow:
 * a producer's clock that is ahead or behind moves no deadline.
 */
export interface Alert {
  state: AlertState;
  /** Since when it is in it; at first, since when there is the alert. */
  sinceUs: number;
  /** The condition is true now. */
  holds: boolean;
  /** Firing, and the condition is false since then; null else. */
  clearUs: number | null;
  /** When the newest event came; null where none has. */
  seenUs: number | null;
  /** The newest event's own time: what is older says nothing of now. */
  ts: number | null;
  value: number | null;
  /** What `no_data` does has been done. */
  isGone: boolean;
  /** Number of each part of the window, and the last value in it, oldest first. */
  window: readonly (readonly [part: number, value: number])[];
}

/** A change of one alert, before it has a name. */
export interface Turn {
  from: AlertState;
  to: AlertState;
  atUs: number;
  value: number | null;
}

export interface Stepped {
  alert: Alert;
  turns: readonly Turn[];
}

/** An event as a rule reads it. */
export interface Reading {
  /** When it came, by the log. */
  atUs: number;
  /** Its own time. */
  ts: number;
  /** Null where the rule asks only whether something came. */
  value: number | null;
}

const NOTHING: readonly Turn[] = [];

export function newAlert(atUs: number): Alert {
  return {
    ...{ state: "inactive", sinceUs: atUs, holds: false, clearUs: null },
    ...{ seenUs: null, ts: null, value: null, isGone: false, window: [] },
  };
}

/** When time alone will change something; null where it will not. */
export function deadlineUs(rule: CompiledRule, alert: Alert): number | null {
  return nextDeadline(rule, alert)?.atUs ?? null;
}

/** Time has come to `toUs`, and nothing else. */
export function advance(rule: CompiledRule, alert: Alert, toUs: number): Stepped {
  let next = alert;
  let turns: Turn[] | null = null;
  for (;;) {
    const due = nextDeadline(rule, next);
    if (due === null || due.atUs > toUs) return { alert: next, turns: turns ?? NOTHING };
    const stepped = due.step(rule, next, due.atUs);
    next = stepped.alert;
    turns = [...(turns ?? []), ...stepped.turns];
  }
}

/** An event has come that the rule reads. What was due by then happens before. */
export function observe(rule: CompiledRule, alert: Alert, reading: Reading): Stepped {
  const { atUs, ts, value } = reading;
  if (isIdle(rule, alert, reading)) {
    return { alert: { ...alert, seenUs: atUs, ts, value }, turns: NOTHING };
  }
  const before = advance(rule, alert, atUs);
  const seen = { ...before.alert, seenUs: atUs, isGone: false };
  const { condition } = rule;
  if (condition.kind === "silent") return after(before, judge(rule, seen, false, atUs));
  // It has come out of order: a newer one has said what holds now.
  if (value === null || (seen.ts !== null && ts < seen.ts)) return { ...before, alert: seen };
  seen.ts = ts;
  seen.value = value;
  switch (condition.kind) {
    case "above":
      return after(before, judge(rule, seen, value > condition.limit, atUs));
    case "below":
      return after(before, judge(rule, seen, value < condition.limit, atUs));
    case "change": {
      const part = Math.floor((atUs * WINDOW_PARTS) / condition.overUs);
      const base = baseOf(seen.window, part);
      seen.window = grown(seen.window, part, value);
      return after(before, judge(rule, seen, isMoved(condition, base, value), atUs));
    }
    default:
      return condition satisfies never;
  }
}

/** As nearly every value is: nothing is under way, and it begins nothing. */
function isIdle(
  { condition, noData }: CompiledRule,
  alert: Alert,
  { ts, value }: Reading,
): boolean {
  if (alert.state !== "inactive" || noData !== null || value === null) return false;
  if (alert.ts !== null && ts < alert.ts) return false;
  if (condition.kind === "above") return value <= condition.limit;
  return condition.kind === "below" && value >= condition.limit;
}

function after(before: Stepped, then: Stepped): Stepped {
  if (before.turns.length === 0) return then;
  return { alert: then.alert, turns: [...before.turns, ...then.turns] };
}

type Step = (rule: CompiledRule, alert: Alert, atUs: number) => Stepped;

function nextDeadline(rule: CompiledRule, alert: Alert): { atUs: number; step: Step } | null {
  const { state, sinceUs, clearUs, holds, seenUs, isGone } = alert;
  const { condition, noData, forUs, keepFiringUs } = rule;
  let atUs = Number.POSITIVE_INFINITY;
  let step: Step | null = null;
  if (state === "pending") {
    atUs = sinceUs + forUs;
    step = fire;
  } else if (clearUs !== null) {
    atUs = clearUs + keepFiringUs;
    step = clear;
  }
  if (condition.kind === "silent") {
    const fromUs = seenUs ?? (condition.isBornSilent ? sinceUs : null);
    if (!holds && fromUs !== null && fromUs + condition.afterUs < atUs) {
      atUs = fromUs + condition.afterUs;
      step = fallSilent;
    }
  } else if (noData !== null && !isGone && seenUs !== null && seenUs + noData.afterUs < atUs) {
    atUs = seenUs + noData.afterUs;
    step = lackData;
  }
  return step === null ? null : { atUs, step };
}

const fire: Step = (_, alert, atUs) => turn(alert, "firing", atUs);
const clear: Step = (_, alert, atUs) => turn({ ...alert, clearUs: null }, "inactive", atUs);
const fallSilent: Step = (rule, alert, atUs) => judge(rule, { ...alert }, true, atUs);
const lackData: Step = (rule, alert, atUs) =>
  judge(rule, { ...alert, isGone: true }, rule.noData?.isAlert === true, atUs);

/** The condition is `holds` from `atUs` on. `alert` is the caller's own. */
function judge(rule: CompiledRule, alert: Alert, holds: boolean, atUs: number): Stepped {
  alert.holds = holds;
  const { state } = alert;
  if (holds) {
    alert.clearUs = null;
    if (state !== "inactive") return { alert, turns: NOTHING };
    return turn(alert, rule.forUs > 0 ? "pending" : "firing", atUs);
  }
  if (state === "inactive") return { alert, turns: NOTHING };
  if (state === "firing" && rule.keepFiringUs > 0) {
    alert.clearUs ??= atUs;
    return { alert, turns: NOTHING };
  }
  return turn(alert, "inactive", atUs);
}

function turn(alert: Alert, to: AlertState, atUs: number): Stepped {
  const { state: from, value } = alert;
  return { alert: { ...alert, state: to, sinceUs: atUs }, turns: [{ from, to, atUs, value }] };
}

/** What it was a window ago, or at the beginning where that is not so long ago; null where there is nothing yet. */
function baseOf(window: Alert["window"], part: number): number | null {
  const from = part - WINDOW_PARTS;
  let base = window[0]?.[1] ?? null;
  for (const [at, value] of window) {
    if (at > from) break;
    base = value;
  }
  return base;
}

function grown(window: Alert["window"], part: number, value: number): Alert["window"] {
  const last = window.at(-1);
  if (last?.[0] === part) return [...window.slice(0, -1), [part, value]];
  const from = part - WINDOW_PARTS;
  // One that is older than the window stays: what it was then is what it was until the next.
  const old = window.findLastIndex(([at]) => at <= from);
  return [...window.slice(Math.max(0, old)), [part, value]];
}

function isMoved(
  { by, percent, direction }: Extract<CompiledRule["condition"], { kind: "change" }>,
  base: number | null,
  value: number,
): boolean {
  if (base === null) return false;
  const moved = value - base;
  if (direction !== null && moved > 0 !== (direction === "up")) return false;
  return Math.abs(moved) >= (percent ? (Math.abs(base) * by) / 100 : by) && moved !== 0;
}
