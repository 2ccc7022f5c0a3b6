import { expect } from "vitest";
import type { RoomId } from "../../../../durable/host/log/rows/log-row.ts";
import type { HostName } from "../../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import { CURSOR_ORIGIN } from "../../../../src/protocol/words/time.ts";
import { logIdOf } from "../host-world.ts";
import type { DiskObserver } from "../log/observed-sql.ts";
import type { LogName, ModelRoom } from "./room.ts";

/** What becomes of every host's disk, written down and held to what must be true of each row. */
export class DiskCheck {
  /** Most events that a row of a log had. */
  longestRow = 0;
  /** Symbols are on their way from host to host. */
  isMoving = false;
  readonly #rooms: ReadonlyMap<SymbolName, ModelRoom>;
  /** The room that a symbol has on a host. */
  readonly #logs = new Map<string, LogName>();
  /** The first thing that was wrong on a disk. */
  #failure: { error: unknown } | null = null;

  constructor(rooms: ReadonlyMap<SymbolName, ModelRoom>) {
    this.#rooms = rooms;
  }

  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  logOf(host: HostName, symbol: SymbolName): LogName {
    return this.#logs.get(`${symbol} on ${host}`) ?? "none";
  }

  observerOf(name: HostName): DiskObserver {
    const symbols = new Map<RoomId, SymbolName>();
    const logOf = (id: RoomId): LogName => `room ${id} of ${name}`;
    const roomOf = (id: RoomId) => this.#room(symbols.get(id));
    let head = CURSOR_ORIGIN;
    let prunedThrough = CURSOR_ORIGIN;
    return this.#held({
      onRow: ({ first, last, parts }) => {
        // Cursors of all rooms of a host grow in the order of commits.
        expect(first).toBeGreaterThan(head);
        expect(last).toBeGreaterThanOrEqual(first);
        head = last;
        let events = 0;
        for (const { room, frames } of parts) {
          const by = { log: logOf(room), logId: logIdOf(name), isMoving: this.isMoving };
          roomOf(room).record(by, frames);
          events += frames.reduce((sum, { count }) => sum + count, 0);
        }
        this.longestRow = Math.max(this.longestRow, events);
      },
      onTakenOut: (room, frames) => roomOf(room).takenOut(logOf(room), frames),
      onRoom: ({ id, symbol, isFormer, ...standing }) => {
        symbols.set(id, symbol);
        this.#room(symbol).saved(logOf(id), standing);
        if (!isFormer) this.#logs.set(`${symbol} on ${name}`, logOf(id));
      },
      onPruned: (through) => {
        prunedThrough = through;
        for (const room of this.#rooms.values()) room.pruned(through);
      },
      onStoredAnew: () => {
        for (const room of this.#rooms.values()) room.lost(prunedThrough);
      },
    });
  }

  #room(symbol: SymbolName | undefined): ModelRoom {
    const room = symbol === undefined ? undefined : this.#rooms.get(symbol);
    return room ?? expect.fail(`there is no room of ${symbol ?? "that number"}`);
  }

  /** Thrown where it was seen, a failure would look to the host like a disk that failed. */
  #held(observer: DiskObserver): DiskObserver {
    const hold =
      <Args extends unknown[]>(look: (...args: Args) => void) =>
      (...args: Args) => {
        try {
          look(...args);
        } catch (error) {
          this.#failure ??= { error };
        }
      };
    return {
      onRow: hold(observer.onRow),
      onTakenOut: hold(observer.onTakenOut),
      onRoom: hold(observer.onRoom),
      onPruned: hold(observer.onPruned),
      onStoredAnew: hold(observer.onStoredAnew),
    };
  }
}
