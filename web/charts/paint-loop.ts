/**
 * Calls `paint` in an animation frame, however often it is asked before, and not again within `everyMs`. A hidden tab has
 * no frames, so it does not paint; what is dirty waits.
 */
export function createPaintLoop(paint: () => void, everyMs: number) {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let paintedAtMs = Number.NEGATIVE_INFINITY;
  return {
    request(): void {
      if (frame !== 0 || timer !== undefined) return;
      const waitMs = paintedAtMs + everyMs - performance.now();
      if (waitMs <= 0) frame = requestAnimationFrame(run);
      else {
        timer = setTimeout(() => {
          timer = undefined;
          frame = requestAnimationFrame(run);
        }, waitMs);
      }
    },
    stop(): void {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      frame = 0;
    },
  };

  function run(): void {
    frame = 0;
    paintedAtMs = performance.now();
    paint();
  }
}
