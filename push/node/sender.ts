import type { Batch, RefusedPlaces } from "./core/batch.ts";
import {
  type Act,
  beginSending,
  dueMs,
  hurried,
  judged,
  type News,
  type Sending,
  trouble,
} from "./core/sending.ts";
import type { Verdict } from "./core/verdict.ts";
import { ROUTES, type Route } from "./kinds.ts";
import type { Lane } from "./lanes/lane.ts";
import type { Refused } from "./refused.ts";
import { errorWords } from "./words.ts";

/** So late it is tried again where the disk failed, in ms. */
const BROKEN_MS = 5_000;

export interface SenderDeps {
  lanes: Readonly<Record<Route, Lane>>;
  /** How long events gather before a post, in ms. */
  intervalMs: number;
  post: (route: Route, batch: Batch) => Promise<Verdict>;
  onRefused: (refused: Refused[]) => void;
  onWarning: (words: string) => void;
  /** Told whenever something may wait no more, or is held up. */
  onProgress: () => void;
}

/** Posts what waits, a batch of each kind after the other. What it decides, `core/sending.ts` decides. */
export class Sender {
  readonly #deps: SenderDeps;
  #state: Sending = beginSending(ROUTES);
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;
  #isStopped = false;

  constructor(deps: SenderDeps) {
    this.#deps = deps;
  }

  /** Something waits: it is sent with what comes within `inMs`. */
  soon(inMs = this.#deps.intervalMs): void {
    if (this.#running !== undefined || this.#isStopped) return;
    const atMs = performance.now() + inMs;
    if (this.#timer !== undefined && this.#timerMs <= atMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = atMs;
    this.#timer = setTimeout(() => this.#begin(), inMs).unref();
  }

  /** Sends what is due now. What was held up is due, unless the server said when. */
  hurry(): void {
    this.#state = hurried(this.#state);
    this.#begin();
  }

  /** Posts nothing more. The answer to what is under way means nothing any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Why nothing of a kind is sent now, or null. */
  trouble(route: Route): string | null {
    return trouble(this.#state, route);
  }

  /** By kind, or `server`: what holds it up. */
  troubles(): Partial<Record<Route | "server", string>> {
    const { away, lanes } = this.#state;
    const pauses = [
      ["server", away.why] as const,
      ...ROUTES.map((route) => [route, lanes[route].pause.why] as const),
    ];
    return Object.fromEntries(pauses.filter(([, why]) => why !== null));
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#running !== undefined || this.#isStopped) return;
    this.#running = this.#sendAll().finally(() => {
      this.#running = undefined;
      this.#deps.onProgress();
      this.#again();
    });
  }

  /** What waits is sent when it is due. */
  #again(): void {
    const waiting = ROUTES.filter((route) => this.#deps.lanes[route].ready > 0);
    if (waiting.length === 0) return;
    const dues = waiting.map((route) => dueMs(this.#state, route) - performance.now());
    this.soon(Math.max(this.#deps.intervalMs, Math.min(...dues)));
  }

  /** Until nothing is due: no kind waits behind the backlog of another. */
  async #sendAll(): Promise<void> {
    for (let isBusy = true; isBusy && !this.#isStopped; ) {
      isBusy = false;
      for (const route of ROUTES) {
        try {
          if (await this.#sendOne(route)) isBusy = true;
        } catch (error) {
          const why = `the spool cannot be used: ${errorWords(error)}`;
          this.#judge(route, 0, { kind: "later", why, retryAfterMs: BROKEN_MS, isNetwork: false });
        }
        this.#deps.onProgress();
      }
    }
  }

  /** Posts a batch where there is one and its time has come. False where nothing was posted, or in vain. */
  async #sendOne(route: Route): Promise<boolean> {
    if (performance.now() < dueMs(this.#state, route)) return false;
    const lane = this.#deps.lanes[route];
    const batch = await lane.take(this.#state.lanes[route].mostEvents);
    if (batch === null || this.#isStopped) return false;
    const verdict = await this.#deps.post(route, batch);
    // Who takes the files over sends it again, under the same key.
    if (this.#isStopped) return false;
    const act = this.#judge(route, batch.events.length, verdict);
    if (act.kind === "keep") return false;
    this.#deps.onRefused(refusedOf(route, batch, act.setAside));
    if (act.kind === "settle") await lane.settle(batch, act.setAside);
    else await lane.putBack(batch, act.setAside);
    return true;
  }

  #judge(route: Route, events: number, verdict: Verdict): Act {
    const at = { nowMs: performance.now(), random: Math.random() };
    const { sending, act, news } = judged(this.#state, route, { verdict, events, ...at });
    this.#state = sending;
    for (const each of news) this.#deps.onWarning(newsWords(each));
    return act;
  }
}

function refusedOf(route: Route, { events }: Batch, setAside: RefusedPlaces): Refused[] {
  return [...setAside].map(([at, why]) => ({ route, event: events[at] ?? "", why }));
}

function newsWords(news: News): string {
  return news.kind === "sent again"
    ? `${news.what}: sent again`
    : `${news.what}: held up, and waits: ${news.why}`;
}
