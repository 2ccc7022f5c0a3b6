import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { CatchUp, type CatchUpDeps } from "../catch-up.ts";
import type { LogFrame } from "../log/host-log.ts";
import type { RoomRecord } from "../room-record.ts";

/** A room whose alerts may have to read the log before they begin. */
export interface FollowingRoom {
  /** Where they read on; null where they need nothing of the log. */
  readonly followedThrough: Cursor | null;
  followIn(frames: readonly LogFrame[]): void;
  beforeUnload(): void;
}

export interface AlertFollowingDeps extends Pick<CatchUpDeps, "log" | "pause"> {
  /** Null where nobody has pushed to it, or it is elsewhere. */
  find(symbol: SymbolName): RoomRecord | null;
  roomOf(symbol: SymbolName): FollowingRoom;
  /** Is there any rule? */
  hasRules(): boolean;
}

/**
 * Alerts that begin again, as after a wake, read what the log has behind what they wrote down: up to 5,000 events of a room, which may lie in every row.
 * Of many rooms that is one pass over the log, before the commit or the look that has them begin.
 */
export class AlertFollowing {
  readonly #deps: AlertFollowingDeps;
  readonly #catchUp: CatchUp;

  constructor(deps: AlertFollowingDeps) {
    const { log, pause, roomOf } = deps;
    this.#deps = deps;
    this.#catchUp = new CatchUp({
      ...{ log, pause },
      roomOf: ({ symbol }) => {
        const room = roomOf(symbol);
        return {
          foldedThrough: room.followedThrough,
          foldIn: (frames) => room.followIn(frames),
          beforeUnload: () => room.beforeUnload(),
        };
      },
    });
  }

  /** Those of these symbols whose alerts have not begun and read the log. */
  lacking(symbols: Iterable<SymbolName>): RoomRecord[] {
    const { find, roomOf, hasRules } = this.#deps;
    const records: RoomRecord[] = [];
    if (!hasRules()) return records;
    for (const symbol of symbols) {
      const record = find(symbol);
      if (record !== null && roomOf(symbol).followedThrough !== null) records.push(record);
    }
    return records;
  }

  /** Ends when what they have yet to read is little. */
  async read(records: readonly RoomRecord[]): Promise<void> {
    if (records.length > 0 && this.#deps.hasRules()) await this.#catchUp.run(records);
  }
}
