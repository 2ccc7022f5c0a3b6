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
import { SpoolLane } from "./lanes/spool-lane.ts";
import { Metric } from "./metric.ts";
import {
  type Counts,
  type EdgetapeOptions,
  type Settings,
  type Stats,
  settingsOf,
} from "./options.ts";
import { postBatch } from "./post-batch.ts";
import { Sender } from "./sender.ts";
import { SetAside } from "./set-aside.ts";
import { defaultFolder, Spool } from "./spool/spool.ts";
import { errorWords } from "./words.ts";

/** So soon what was pushed begins its way to the disk, in ms. */
const SPOOL_AFTER_MS = 10;
/** How often it is looked for what dead processes left, in ms. */
const LOOK_EVERY_MS = 5_000;
/** From this part of the spool on books are dropped: what is left is for trades, orders, positions and notes. */
const BOOKS_UP_TO = 0.8;
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
  readonly #spool: Spool | undefined;
  readonly #lanes: Record<Route, Lane>;
  readonly #spoolLanes = new Map<Route, SpoolLane>();
  readonly #setAside: SetAside;
  readonly #late = new Map<Route, number>();
  readonly #nowUs = microsecondClock(Date.now, () => performance.now());
  #spoolTimer: NodeJS.Timeout | undefined;
  readonly #lookTimer: NodeJS.Timeout;
  readonly #leave: () => void;
  #hasLooked = false;
  readonly #waiters = new Set<() => void>();
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
    const { spool, spoolBytes } = this.#options;
    if (spool !== false) {
      const folder = spool === true ? defaultFolder() : spool;
      const name = `edgetape-${holderOf(this.#http.url, token())}.node`;
      this.#spool = new Spool(join(folder, name), spoolBytes);
    }
    const lanes = ROUTES.map((route) => [route, this.#laneOf(route)]);
    this.#lanes = Object.fromEntries(lanes) as Record<Route, Lane>;
    const onWarning = this.#options.onWarning;
    const keep = this.#spool?.keepRefused.bind(this.#spool);
    this.#setAside = new SetAside({ keep, onRefused: this.#options.onRefused, onWarning });
    this.#sender = new Sender({
      lanes: this.#lanes,
      intervalMs: this.#options.intervalMs,
      post: (route, batch) => postBatch(this.#http, token, route, batch),
      onRefused: (refused) => this.#setAside.tell(refused),
      onWarning,
      onProgress: () => this.#noteProgress(),
    });
    void this.#look();
    this.#lookTimer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
    this.#leave = seeToAtExit({
      flush: () => void this.close(),
      writeNow: () => this.#writeNow(),
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
    if (this.#spool === undefined) return false;
    const marks = [...this.#spoolLanes.values()].map((lane) => ({ lane, through: lane.handed }));
    this.#writeAll();
    return await this.#until(
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
    if (encoded.kind === "unfit" || !this.#spoolLanes.has(route)) this.#sender.soon();
    else this.#spoolTimer ??= setTimeout(() => this.#writeAll(), SPOOL_AFTER_MS).unref();
  }

  #laneOf(route: Route): Lane {
    const newKey = () => randomUUID();
    const { mostWaiting, spoolBytes } = this.#options;
    const spool = this.#spool;
    if (spool === undefined || KINDS[route] === "memory")
      return new MemoryLane(mostWaiting, newKey);
    const mostBytes = route === "books" ? BOOKS_UP_TO * spoolBytes : spoolBytes;
    const lane = new SpoolLane({
      newKey,
      mostWaiting,
      newFile: () => spool.newFile(route),
      hasRoom: (bytes) => spool.bytes + bytes <= mostBytes,
      grew: (bytes) => {
        spool.bytes += bytes;
      },
      onWritten: () => {
        this.#noteProgress();
        this.#sender.soon(this.#hurrying > 0 ? 0 : undefined);
      },
      onDisk: (failure) => {
        if (failure === null) this.#warn(`the spool ${spool.folder} is written again`);
        else
          this.#warn(
            `the spool ${spool.folder} cannot be written, and events wait in memory: ${errorWords(failure)}`,
          );
      },
    });
    this.#spoolLanes.set(route, lane);
    return lane;
  }

  /** Takes over what dead processes left. */
  async #look(): Promise<void> {
    const spool = this.#spool;
    try {
      const left = (await spool?.inherit(new Set(this.#spoolLanes.keys()))) ?? [];
      // One that cannot be read is no reason to leave the others.
      const read = left.map(({ route, file }) =>
        this.#spoolLanes.get(route as Route)?.inherit(file),
      );
      const failed = (await Promise.allSettled(read)).find(({ status }) => status === "rejected");
      if (left.length > 0) this.#sender.soon();
      if (failed?.status === "rejected") throw failed.reason;
    } catch (error) {
      this.#warn(`the spool ${spool?.folder} cannot be read: ${errorWords(error)}`);
    } finally {
      if (!this.#hasLooked) {
        this.#hasLooked = true;
        this.#writeAll();
        this.#noteProgress();
      }
    }
  }

  #writeAll(): void {
    clearTimeout(this.#spoolTimer);
    this.#spoolTimer = undefined;
    // Behind what an earlier process left, which is older.
    if (!this.#hasLooked) return;
    for (const lane of this.#spoolLanes.values()) void lane.write();
  }

  /** What waits for the disk goes there at once. */
  #writeNow(): void {
    for (const lane of this.#spoolLanes.values()) {
      try {
        lane.writeNow();
      } catch (error) {
        this.#warn(`what was pushed last is lost: ${errorWords(error)}`);
      }
    }
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
      await this.#until(() => this.#hasLooked, timeoutMs);
      const marks = ROUTES.map((route) => this.#lanes[route]).map((lane) => ({
        ...{ lane, through: lane.handed },
      }));
      this.#writeAll();
      this.#sender.hurry();
      const isDone = () => marks.every(({ lane, through }) => lane.gone >= through);
      await this.#until(() => isDone() || givesUp(), deadlineMs - performance.now());
      return isDone();
    } finally {
      this.#hurrying -= 1;
    }
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    const deadlineMs = performance.now() + timeoutMs;
    await this.#flush(timeoutMs, () => this.#canRestWait());
    clearInterval(this.#lookTimer);
    const isStopped = this.#sender.stop();
    this.#http.close();
    await isStopped;
    if (!(await this.sync(deadlineMs - performance.now()))) this.#writeNow();
    for (const lane of this.#spoolLanes.values()) {
      await lane.close().catch((error: unknown) => this.#warn(errorWords(error)));
    }
    this.#spool?.close();
    this.#leave();
  }

  /** What waits is on disk, and cannot be sent now. */
  #canRestWait(): boolean {
    if (this.#spool === undefined) return false;
    return ROUTES.every((route) => {
      const { waiting, spooled } = this.#lanes[route];
      return waiting === 0 && (spooled === 0 || this.#sender.trouble(route) !== null);
    });
  }

  #noteProgress(): void {
    this.#setAside.tellLater();
    this.#tellDrops();
    for (const look of this.#waiters) look();
  }

  /** Resolves once it holds, or after `timeoutMs`, with whether it does. Meanwhile the process does not end. */
  #until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    if (holds() || timeoutMs <= 0) return Promise.resolve(holds());
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        resolve(holds());
      };
      const look = () => {
        if (holds()) finish();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#waiters.add(look);
    });
  }

  #warn(text: string): void {
    this.#options.onWarning(text);
  }
}
