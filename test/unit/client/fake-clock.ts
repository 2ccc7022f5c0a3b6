/** A clock that moves only when told, with the timers of `TapeDeps`. */
export function fakeClock(startMs = 1_700_000_000_000) {
  let nowMs = startMs;
  let nextId = 1;
  const timers = new Map<number, { atMs: number; callback: () => void }>();

  const due = (untilMs: number) =>
    [...timers].filter(([, t]) => t.atMs <= untilMs).sort((a, b) => a[1].atMs - b[1].atMs)[0];

  return {
    nowMs: () => nowMs,
    setTimer(callback: () => void, delayMs: number) {
      const id = nextId++;
      timers.set(id, { atMs: nowMs + delayMs, callback });
      return () => timers.delete(id);
    },
    pendingTimers: () => timers.size,
    /** Time goes by: timers fire at their moment, promises settle in between. */
    async advance(ms: number) {
      const untilMs = nowMs + ms;
      await settle();
      for (let next = due(untilMs); next !== undefined; next = due(untilMs)) {
        const [id, { atMs, callback }] = next;
        timers.delete(id);
        nowMs = Math.max(nowMs, atMs);
        callback();
        await settle();
      }
      nowMs = untilMs;
    },
    /** The machine sleeps: time goes by and no timer fires before it wakes. */
    async sleep(ms: number) {
      nowMs += ms;
      await this.advance(0);
    },
  };
}

/** Let everything that waits for a promise go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 12; i++) await Promise.resolve();
}
