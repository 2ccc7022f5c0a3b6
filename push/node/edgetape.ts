import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { seeToAtExit } from "./at-exit.ts";
import { encode } from "./core/encode.ts";
import { holderOf } from "./core/holder.ts";
import { microsecondClock, posted } from "./core/microseconds.ts";
import { HttpPost } from "./http-post.ts";
import {
  type Book,
  KINDS,
  type MetricOptions,
  type Moment,
  type Note,
  type Order,
  type Position,
  ROUTES,
  type Route,
  type Trade,
} from "./kinds.ts";
import type { Lane } from "./lanes/lane.ts";
import { MemoryLane } from "./lanes/memory-lane.ts";
import { Metric } from "./metric.ts";
import {
  type Counts,
  type EdgetapeOptions,
  type Settings,
  type Stats,
  settingsOf,
} from "./options.ts";
import { postBatch } from "./post-batch.ts";
import { Progress } from "./progress.ts";
import { Sender } from "./sender.ts";
import { SetAside } from "./set-aside.ts";
import { defaultFolder, Spool } from "./spool/spool.ts";
import { Spooling } from "./spool/spooling.ts";

/** Drops are warned of so often, in ms. */
const WARN_EVERY_MS = 60_000;

/**
 * One server, one token. A push never waits for the network or the disk, and never throws because of them: metrics wait in memory,
 * trades, orders, positions, notes and books in files that outlive this process, the machine's power and the server. The next process with the
 * same server and token, or another that runs beside this one, sends what this one left.
 */
export class Edgetape {
  readonly #http: HttpPost;
  readonly #sender: Sender;
  readonly #options: Settings;
  readonly #spooling: Spooling | undefined;
  readonly #lanes: Record<Route, Lane>;
  readonly #setAside: SetAside;
  readonly #late = new Map<Route, number>();
  readonly #nowUs = microsecondClock(Date.now, () => performance.now());
  readonly #leave: () => void;
  readonly #progress = new Progress();
  #hurrying = 0;
  #toldDropsMs = Number.NEGATIVE_INFINITY;
  #toldDrops = 0;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  /**
   * @param url where the server is: `https://tape.example`, or `https://example.org/tape` behind a path.
   * @throws TypeError where the url can belong to no server; Error where the spool's folder cannot be used.
   */
  constructor(url: string, options: EdgetapeOptions) {
    const token = typeof options.token === "function" ? options.token : () => String(options.token);
    this.#options = settingsOf(options);
    this.#http = new HttpPost(url, this.#options.timeoutMs);
    const spool = this.#openSpool(token);
    this.#spooling = spool === undefined ? undefined : this.#spoolingIn(spool);
    const lanes = ROUTES.map((route) => [route, this.#laneOf(route)]);
    this.#lanes = Object.fromEntries(lanes) as Record<Route, Lane>;
    const onWarning = this.#options.onWarning;
    const keep = spool?.keepRefused.bind(spool);
    this.#setAside = new SetAside({ keep, onRefused: this.#options.onRefused, onWarning });
    this.#sender = new Sender({
      lanes: this.#lanes,
      intervalMs: this.#options.intervalMs,
      post: (route, batch) => postBatch(this.#http, token, route, batch),
      onRefused: (refused) => this.#setAside.tell(refused),
      onWarning,
      onProgress: () => this.#noteProgress(),
    });
    this.#spooling?.begin();
    this.#leave = seeToAtExit({
      flush: () => void this.close(),
      writeNow: () => this.#spooling?.writeNow(),
    });
  }

  // ---- pushing: none of these waits, or throws for the server's sake ----

  /** A series to `observe`: `tape.metric("order_latency_ms", { symbol: "ACME", labels: { venue: "xnas" } })`. Keep it where it is hot. */
  metric(name: string, { symbol, labels }: MetricOptions = {}): Metric {
    const fields = { metric: name, symbol, labels };
    return new Metric(name, (value, ts) => this.#push("metrics", { ...fields, value }, ts));
  }

  /** A trade. Give it an `id` and a `ts`, and it is taken once however long the server was away. */
  trade(symbol: string, { ts, ...fields }: Trade): void {
    this.#push("trades", { symbol, ...fields }, ts);
  }

  /** A state of an order, each time it is in another. */
  order(symbol: string, { ts, ...fields }: Order): void {
    this.#push("orders", { symbol, ...fields }, ts);
  }

  position(symbol: string, { ts, ...fields }: Position): void {
    this.#push("positions", { symbol, ...fields }, ts);
  }

  note(symbol: string, { ts, ...fields }: Note): void {
    this.#push("notes", { symbol, ...fields }, ts);
  }

  book(symbol: string, { ts, type = "snapshot", seq, ...sides }: Book): void {
    // Beyond 2^53 - 1 a number of JSON loses digits, and text keeps them.
    const count = typeof seq === "bigint" ? seq.toString() : seq;
    this.#push("books", { symbol, type, ...sides, seq: count }, ts);
  }

  // ---- what became of it ----

  /** What became of everything this process pushed or took over, by kind, and what waits. */
  stats(): Stats {
    const kinds = ROUTES.map((route): [Route, Counts] => {
      const { waiting, spooled, sent, dropped } = this.#lanes[route];
      const late = this.#late.get(route) ?? 0;
      const refused = this.#setAside.count(route);
      return [route, { waiting, spooled, sent, refused, dropped: dropped + late }];
    });
    return { kinds: Object.fromEntries(kinds) as Stats["kinds"], trouble: this.#sender.troubles() };
  }

  /** True once every trade, order, position and book so far is on disk (or with the server). False after `timeoutMs`, or without a spool. */
  async sync(timeoutMs = 5_000): Promise<boolean> {
    if (this.#spooling === undefined) return false;
    const marks = [...this.#spooling.lanes].map((lane) => ({ lane, through: lane.handed }));
    this.#spooling.write();
    return await this.#progress.until(
      () => marks.every(({ lane, through }) => lane.written >= through),
      timeoutMs,
    );
  }

  /**
   * True once the server has acknowledged everything so far (or it was refused), with what earlier processes had left. False after
   * `timeoutMs`.
   */
  flush(timeoutMs = 5_000): Promise<boolean> {
    return this.#flush(timeoutMs, () => false);
  }

  /**
   * Flushes, for at most `timeoutMs` (`exitTimeoutMs`), and ends. What is spooled stays spooled; where the server is away and all that
   * waits is on disk, it does not wait for the server. What is pushed later is dropped, and counted. Called by itself when the process has
   * nothing more to do.
   */
  close(timeoutMs = this.#options.exitTimeoutMs): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  // ---- inside ----

  #push(route: Route, fields: Record<string, unknown>, ts: Moment | undefined): void {
    if (this.#isClosed) {
      this.#late.set(route, (this.#late.get(route) ?? 0) + 1);
      return;
    }
    fields["ts"] = ts === undefined ? this.#nowUs() : posted(ts);
    const encoded = encode(fields);
    if (encoded.kind === "text") this.#lanes[route].put(encoded.text);
    else this.#setAside.later({ route, event: encoded.event, why: encoded.why });
    if (encoded.kind === "text" && this.#spooling?.has(route)) this.#spooling.soon();
    else this.#sender.soon();
  }

  /** @throws Error where the spool's folder cannot be used. */
  #openSpool(token: () => string): Spool | undefined {
    const { spool, spoolBytes } = this.#options;
    if (spool === false) return undefined;
    const folder = spool === true ? defaultFolder() : spool;
    const name = `edgetape-${holderOf(this.#http.url, token())}.node`;
    return new Spool(join(folder, name), spoolBytes);
  }

  #spoolingIn(spool: Spool): Spooling {
    const { mostWaiting, spoolBytes, onWarning } = this.#options;
    return new Spooling({
      ...{ spool, mostWaiting, mostBytes: spoolBytes, newKey: randomUUID, onWarning },
      onWritten: () => {
        this.#noteProgress();
        this.#sender.soon(this.#hurrying > 0 ? 0 : undefined);
      },
      onInherited: () => this.#sender.soon(),
      onLooked: () => this.#noteProgress(),
    });
  }

  #laneOf(route: Route): Lane {
    if (this.#spooling !== undefined && KINDS[route] !== "memory") {
      return this.#spooling.addLane(route);
    }
    return new MemoryLane(this.#options.mostWaiting, randomUUID);
  }

  #tellDrops(): void {
    const drops = ROUTES.reduce((sum, route) => sum + this.#lanes[route].dropped, 0);
    const nowMs = performance.now();
    if (drops === this.#toldDrops || nowMs - this.#toldDropsMs < WARN_EVERY_MS) return;
    this.#warn(`${drops - this.#toldDrops} events are lost: there was no room for them`);
    this.#toldDrops = drops;
    this.#toldDropsMs = nowMs;
  }

  async #flush(timeoutMs: number, givesUp: () => boolean): Promise<boolean> {
    const deadlineMs = performance.now() + timeoutMs;
    this.#hurrying += 1;
    try {
      const hasLooked = await this.#progress.until(
        () => this.#spooling?.hasLooked ?? true,
        timeoutMs,
      );
      const marks = ROUTES.map((route) => this.#lanes[route]).map((lane) => ({
        ...{ lane, through: lane.handed },
      }));
      this.#spooling?.write();
      this.#sender.hurry();
      const isDone = () => marks.every(({ lane, through }) => lane.gone >= through);
      await this.#progress.until(() => isDone() || givesUp(), deadlineMs - performance.now());
      return hasLooked && isDone();
    } finally {
      this.#hurrying -= 1;
    }
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    const deadlineMs = performance.now() + timeoutMs;
    await this.#flush(timeoutMs, () => this.#canRestWait());
    this.#spooling?.rest();
    const isStopped = this.#sender.stop();
    this.#http.close();
    await isStopped;
    if (!(await this.sync(deadlineMs - performance.now()))) this.#spooling?.writeNow();
    await this.#spooling?.close();
    this.#leave();
  }

  /** What waits is on disk, and cannot be sent now. */
  #canRestWait(): boolean {
    if (this.#spooling === undefined) return false;
    return ROUTES.every((route) => {
      const { waiting, spooled } = this.#lanes[route];
      return waiting === 0 && (spooled === 0 || this.#sender.trouble(route) !== null);
    });
  }

  #noteProgress(): void {
    this.#setAside.tellLater();
    this.#tellDrops();
    this.#progress.note();
  }

  #warn(text: string): void {
    this.#options.onWarning(text);
  }
}
