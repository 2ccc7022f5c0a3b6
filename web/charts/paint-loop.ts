import type { Clock } from "../feed/clock.ts";
import { paced } from "../feed/paced.ts";

/**
 * Calls `paint` in an animation frame, however often it is asked before, and not again within `everyMs`. A hidden tab has
 * no frames, so it does not paint; what is dirty waits.
 */
export function createPaintLoop(clock: Clock, paint: () => void, everyMs: number) {
  let frame = 0;
  const { ask, stop } = paced(
    clock,
    () => {
      if (frame === 0) frame = requestAnimationFrame(run);
    },
    everyMs,
  );
  return {
    request: ask,
    stop(): void {
      stop();
      cancelAnimationFrame(frame);
      frame = 0;
    },
  };

  function run(): void {
    frame = 0;
    paint();
  }
}
