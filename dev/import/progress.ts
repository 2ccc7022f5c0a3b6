const BAR_WIDTH = 24;
/** The rate is that of the last seconds, which what is to come is likely to have. */
const RECENT_MS = 5_000;

export type ProgressDeps = {
  write: (text: string) => void;
  isTerminal: boolean;
  nowMs: () => number;
};

/** A bar that is drawn over again on a terminal, and now and then a line elsewhere. */
export class Progress {
  readonly #deps: ProgressDeps;
  readonly #what: string;
  readonly #unit: string | undefined;
  readonly #total: number;
  readonly #startedMs: number;
  readonly #recent: { atMs: number; done: number }[] = [];
  #lastWriteMs: number;
  #done = 0;
  #trouble = "";

  /** `unit`: of what is counted; without one only the part of the whole is told. */
  constructor(deps: ProgressDeps, given: { what: string; unit?: string; total: number }) {
    this.#deps = deps;
    this.#what = given.what;
    this.#unit = given.unit;
    this.#total = given.total;
    this.#startedMs = deps.nowMs();
    // What is done at once needs no line but the last.
    this.#lastWriteMs = deps.isTerminal ? Number.NEGATIVE_INFINITY : this.#startedMs;
  }

  add(count: number): void {
    this.#done += count;
    this.#recent.push({ atMs: this.#deps.nowMs(), done: count });
    this.#show(false);
  }

  trouble(trouble: { why: string; waitMs: number } | undefined): void {
    this.#trouble =
      trouble === undefined
        ? ""
        : ` · ${trouble.why}, again in ${(trouble.waitMs / 1_000).toFixed(1)} s`;
    this.#show(true);
  }

  get seconds(): number {
    return (this.#deps.nowMs() - this.#startedMs) / 1_000;
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#deps.isTerminal) this.#deps.write("\r\x1b[K");
  }

  #show(isUrgent: boolean): void {
    const nowMs = this.#deps.nowMs();
    const everyMs = this.#deps.isTerminal ? 100 : 10_000;
    if (!isUrgent && nowMs - this.#lastWriteMs < everyMs) return;
    this.#lastWriteMs = nowMs;
    this.#deps.write(
      this.#deps.isTerminal ? `\r\x1b[K${this.#text(nowMs)}` : `${this.#text(nowMs)}\n`,
    );
  }

  #text(nowMs: number): string {
    const part = this.#total === 0 ? 1 : Math.min(1, this.#done / this.#total);
    const full = Math.floor(part * BAR_WIDTH);
    const bar = this.#deps.isTerminal
      ? ` [${"#".repeat(full)}${"-".repeat(BAR_WIDTH - full)}]`
      : "";
    return `${this.#what}${bar} ${Math.floor(part * 100)} %${this.#counts(nowMs)}${this.#trouble}`;
  }

  #counts(nowMs: number): string {
    if (this.#unit === undefined) return "";
    const perSecond = this.#perSecond(nowMs);
    const left =
      perSecond === 0 ? "" : ` · ${timeWords((this.#total - this.#done) / perSecond)} left`;
    return ` · ${count(this.#done)} of ${count(this.#total)} ${this.#unit} · ${count(Math.round(perSecond))} a second${left}`;
  }

  #perSecond(nowMs: number): number {
    while (this.#recent[0] !== undefined && nowMs - this.#recent[0].atMs > RECENT_MS) {
      this.#recent.shift();
    }
    const sum = this.#recent.reduce((total, { done }) => total + done, 0);
    return sum / Math.min(RECENT_MS / 1_000, Math.max(0.2, (nowMs - this.#startedMs) / 1_000));
  }
}

/** `8 s`, `2:05` or `1:02:05`. */
export function timeWords(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}
