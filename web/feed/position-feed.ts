import type { Frame } from "../data/join.ts";
import { addPositions, NO_POSITIONS, type Positions } from "../data/positions.ts";
import type { Api, Failure } from "./api.ts";
import type { Clock } from "./clock.ts";
import { DIRTY, type Dirty } from "./dirty.ts";

const RETRY_MS = 5_000;

export interface PositionFeedDeps extends Pick<Clock, "setTimer"> {
  api: Pick<Api, "positions">;
  mark(bits: Dirty): void;
  failed(answer: Failure): void;
}

/** The positions of a symbol: what its room knows, then what comes over the socket. */
export function openPositionFeed(
  { api, setTimer, mark, failed }: PositionFeedDeps,
  symbol: string,
) {
  let positions: Positions = NO_POSITIONS;
  let stopRetry = () => {};
  let closed = false;
  return {
    positions: () => positions,
    /** After a gap too: what was missed may be a position. */
    async load(): Promise<void> {
      const answer = await api.positions(symbol);
      if (closed) return;
      if (answer.kind === "ok") {
        positions = addPositions(positions, answer.value.positions);
        mark(DIRTY.positions);
        return;
      }
      failed(answer);
      if (answer.kind === "failed") stopRetry = setTimer(() => void this.load(), RETRY_MS);
    },
    take(frame: Frame): void {
      const fresh = frame.events.filter((event) => event.kind === "position");
      if (fresh.length === 0) return;
      positions = addPositions(positions, fresh);
      mark(DIRTY.positions);
    },
    close(): void {
      closed = true;
      stopRetry();
    },
  };
}
