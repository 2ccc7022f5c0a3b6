import type { AlertState } from "./alert-change.ts";
import type { InOrder, Run } from "./commit-run.ts";
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
  /**
   * Number of each part of the window, and the last value in it, oldest first. The first value ever stands as the last one of the part
   * before its own: nothing older is there to compare with.
   */
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

/** Something has come, which a rule on a silence hears. What was due by then happens before. */
function hear(rule: CompiledRule, alert: Alert, atUs: number): Stepped {
  const before = advance(rule, alert, atUs);
  return after(before, judge(rule, { ...before.alert, seenUs: atUs, isGone: false }, false, atUs));
}

/**
 * A commit has values that the rule reads. What was due by then happens before. However many they are, four of them are judged at most:
 * where the condition first changes, where it changes last, and the last one. At one moment nothing else is told (`addChange`), so this says
 * what all of them one by one would have said, and 1,000 rules over a commit of 20,000 events hold up nobody for long.
 */
export function observe(rule: CompiledRule, alert: Alert, run: Run): Stepped {
  const { condition } = rule;
  const { atUs } = run;
  if (condition.kind === "silent") return hear(rule, alert, atUs);
  const inOrder = run.inOrder(alert.ts);
  if (inOrder !== null && isIdle(rule, alert, inOrder)) {
    const { ts, values } = inOrder;
    return { alert: { ...alert, seenUs: atUs, ts, value: values.at(-1) ?? null }, turns: NOTHING };
  }
  const before = advance(rule, alert, atUs);
  const seen = { ...before.alert, seenUs: atUs, isGone: false };
  // They have come out of order: a newer one has said what holds now.
  if (inOrder === null) return { ...before, alert: seen };
  const { ts, values } = inOrder;
  const { window } = seen;
  const holdsAt = truthOf(condition, window, values, atUs);
  let stepped: Stepped = { alert: { ...seen, ts }, turns: before.turns };
  for (const at of turningPoints(values.length, seen.holds, holdsAt)) {
    const value = values[at] ?? null;
    stepped = after(stepped, judge(rule, { ...stepped.alert, value }, holdsAt(at), atUs));
  }
  if (condition.kind !== "change") return stepped;
  const next = grown(window, partOf(condition.overUs, atUs), values);
  return { ...stepped, alert: { ...stepped.alert, window: next } };
}

/** As nearly all values are: nothing is under way, and they begin nothing. */
function isIdle({ condition, noData }: CompiledRule, { state }: Alert, { min, max }: InOrder) {
  if (state !== "inactive" || noData !== null) return false;
  if (condition.kind === "above") return max <= condition.limit;
  return condition.kind === "below" && min >= condition.limit;
}

/** Is the condition true of the value at a place? */
function truthOf(
  condition: Exclude<CompiledRule["condition"], { kind: "silent" }>,
  window: Alert["window"],
  values: readonly number[],
  atUs: number,
): (at: number) => boolean {
  const of = (at: number) => values[at] ?? Number.NaN;
  switch (condition.kind) {
    case "above":
      return (at) => of(at) > condition.limit;
    case "below":
      return (at) => of(at) < condition.limit;
    case "change": {
      const base = baseOf(window, partOf(condition.overUs, atUs)) ?? of(0);
      return (at) => isMoved(condition, base, of(at));
    }
    default:
      return condition satisfies never;
  }
}

/** Places to look at: where it is first no longer what it was, where it comes to what it is in the end, each with the one before. */
function turningPoints(
  length: number,
  held: boolean,
  holdsAt: (at: number) => boolean,
): readonly number[] {
  const last = length - 1;
  let first = 0;
  while (first < last && holdsAt(first) === held) first += 1;
  if (first === last) return [last];
  const end = holdsAt(last);
  let other = last - 1;
  while (other >= first && holdsAt(other) === end) other -= 1;
  if (other < first) return [first, last];
  return [...new Set([first, other, other + 1, last])];
}

function partOf(overUs: number, atUs: number): number {
  return Math.floor((atUs * WINDOW_PARTS) / overUs);
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

/** What it was a window ago, or at the beginning where that is not so long ago; null where nothing has come yet. */
function baseOf(window: Alert["window"], part: number): number | null {
  const from = part - WINDOW_PARTS;
  let base = window[0]?.[1] ?? null;
  for (const [at, value] of window) {
    if (at > from) break;
    base = value;
  }
  return base;
}

/** The window with the values of a commit; there is one at least. */
function grown(window: Alert["window"], part: number, values: readonly number[]): Alert["window"] {
  const value = values.at(-1) ?? Number.NaN;
  const [first] = window;
  // The version before kept of its first part the last value alone.
  if (first === undefined || first[0] === part) {
    return [
      [part - 1, first?.[1] ?? values[0] ?? value],
      [part, value],
    ];
  }
  if (window.at(-1)?.[0] === part) return [...window.slice(0, -1), [part, value]];
  const from = part - WINDOW_PARTS;
  // One that is older than the window stays: what it was then is what it was until the next.
  const old = window.findLastIndex(([at]) => at <= from);
  return [...window.slice(Math.max(0, old)), [part, value]];
}

function isMoved(
  { by, percent, direction }: Extract<CompiledRule["condition"], { kind: "change" }>,
  base: number,
  value: number,
): boolean {
  const moved = value - base;
  if (direction !== null && moved > 0 !== (direction === "up")) return false;
  return Math.abs(moved) >= (percent ? (Math.abs(base) * by) / 100 : by) && moved !== 0;
}
