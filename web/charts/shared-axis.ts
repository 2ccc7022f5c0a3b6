import type { InSight, TimeWindow } from "../data/bars/time-window.ts";

/** Tells everybody but the one who says it; `who` is any object that stands for a chart. */
function createChannel<Value>() {
  const hearers = new Map<object, (value: Value) => void>();
  return {
    say(who: object, value: Value): void {
      for (const [hearer, hear] of hearers) if (hearer !== who) hear(value);
    },
    /** The function it returns ends that. */
    hear(who: object, hear: (value: Value) => void): () => void {
      hearers.set(who, hear);
      return () => hearers.delete(who);
    },
  };
}

export type SharedAxis = ReturnType<typeof createSharedAxis>;

/**
 * One axis of time for candles and the panels below them. What candles have in sight the panels show; who moves a panel asks the candles to
 * move, which know what bars there are, and so all move together.
 */
export function createSharedAxis() {
  let inSight: InSight | null = null;
  const moved = createChannel<InSight>();
  return {
    /** The moment under the pointer, in microseconds; null where it is on no chart. */
    pointed: createChannel<number | null>(),
    /** What candles are to show. */
    wanted: createChannel<TimeWindow>(),
    moved: {
      hear: moved.hear,
      say(who: object, next: InSight): void {
        const isSame =
          next.fromUs === inSight?.fromUs &&
          next.toUs === inSight.toUs &&
          next.isNewest === inSight.isNewest;
        // A bar grows ten times a second, and each panel is drawn anew for what it hears.
        if (isSame) return;
        inSight = next;
        moved.say(who, next);
      },
    },
    /** What candles show; null before there are any. */
    inSight: () => inSight,
  };
}
