/**
 * Calls `paint` once in the next animation frame, however often it is asked before. A hidden tab has no frames, so it
 * does not paint; what is dirty waits.
 */
export function createPaintLoop(paint: () => void) {
  let frame = 0;
  return {
    request(): void {
      if (frame !== 0) return;
      frame = requestAnimationFrame(() => {
        frame = 0;
        paint();
      });
    },
    stop(): void {
      cancelAnimationFrame(frame);
      frame = 0;
    },
  };
}
