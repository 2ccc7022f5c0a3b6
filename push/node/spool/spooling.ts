import type { Route } from "../kinds.ts";
import { SpoolLane, type SpoolLaneDeps } from "../lanes/spool-lane.ts";
import { errorWords } from "../words.ts";
import type { Spool } from "./spool.ts";

/** So soon what was pushed begins its way to the disk, in ms. */
const WRITE_AFTER_MS = 10;
/** How often it is looked for what dead processes left, in ms. */
const LOOK_EVERY_MS = 5_000;
/** From this part of the spool on books are dropped: what is left is for trades, orders, positions and notes. */
const BOOKS_UP_TO = 0.8;

export interface SpoolingDeps extends Pick<SpoolLaneDeps, "newKey" | "mostWaiting" | "onWritten"> {
  spool: Spool;
  mostBytes: number;
  /** Dead processes had left something, and it waits to be sent. */
  onInherited: () => void;
  /** It was looked for that for the first time. */
  onLooked: () => void;
  onWarning: (words: string) => void;
}

/** When what waits is written to the spool, and what dead processes left in it. */
export class Spooling {
  readonly #deps: SpoolingDeps;
  readonly #lanes = new Map<Route, SpoolLane>();
  #writeTimer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  /** Nothing is written before: what an earlier process left is older. */
  hasLooked = false;

  constructor(deps: SpoolingDeps) {
    this.#deps = deps;
  }

  get lanes(): Iterable<SpoolLane> {
    return this.#lanes.values();
  }

  has(route: Route): boolean {
    return this.#lanes.has(route);
  }

  addLane(route: Route): SpoolLane {
    const { spool, mostBytes, newKey, mostWaiting, onWritten, onWarning } = this.#deps;
    const upTo = route === "books" ? BOOKS_UP_TO * mostBytes : mostBytes;
    const lane = new SpoolLane({
      ...{ newKey, mostWaiting, onWritten },
      newFile: () => spool.newFile(route),
      hasRoom: (bytes) => spool.bytes + bytes <= upTo,
      grew: (bytes) => {
        spool.bytes += bytes;
      },
      onDisk: (failure) => {
        if (failure === null) onWarning(`the spool ${spool.folder} is written again`);
        else
          onWarning(
            `the spool ${spool.folder} cannot be written, and events wait in memory: ${errorWords(failure)}`,
          );
      },
    });
    this.#lanes.set(route, lane);
    return lane;
  }

  /** All lanes are there: takes over what dead processes left, now and again and again. */
  begin(): void {
    void this.#look();
    this.#lookTimer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Nothing more is taken over. */
  rest(): void {
    clearInterval(this.#lookTimer);
  }

  /** Something waits: it is written with what comes within a few ms. */
  soon(): void {
    this.#writeTimer ??= setTimeout(() => this.write(), WRITE_AFTER_MS).unref();
  }

  write(): void {
    clearTimeout(this.#writeTimer);
    this.#writeTimer = undefined;
    if (!this.hasLooked) return;
    for (const lane of this.#lanes.values()) void lane.write();
  }

  /** What waits for the disk goes there before this returns. */
  writeNow(): void {
    for (const lane of this.#lanes.values()) {
      try {
        lane.writeNow();
      } catch (error) {
        this.#deps.onWarning(`what was pushed last is lost: ${errorWords(error)}`);
      }
    }
  }

  async close(): Promise<void> {
    for (const lane of this.#lanes.values()) {
      await lane.close().catch((error: unknown) => this.#deps.onWarning(errorWords(error)));
    }
    this.#deps.spool.close();
  }

  async #look(): Promise<void> {
    const { spool, onInherited, onLooked, onWarning } = this.#deps;
    try {
      const left = await spool.inherit(new Set(this.#lanes.keys()));
      // One that cannot be read is no reason to leave the others.
      const read = left.map(({ route, file }) => this.#lanes.get(route as Route)?.inherit(file));
      const failed = (await Promise.allSettled(read)).find(({ status }) => status === "rejected");
      if (left.length > 0) onInherited();
      if (failed?.status === "rejected") throw failed.reason;
    } catch (error) {
      onWarning(`the spool ${spool.folder} cannot be read: ${errorWords(error)}`);
    } finally {
      if (!this.hasLooked) {
        this.hasLooked = true;
        this.write();
        onLooked();
      }
    }
  }
}
