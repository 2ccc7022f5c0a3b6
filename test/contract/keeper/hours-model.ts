import type { StoredFrame } from "../../../src/db/store/store-frames.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import { frame } from "../events.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;

interface Placed {
  cursor: number;
  ordinal: number;
  event: TapeEvent;
}

/** Points and trades of one symbol, kept as SPEC K-1 and K-2 say, by their words and nothing cleverer. */
export class HoursModel {
  rawFromUs: number;
  minutesFromUs: number;
  /** By identity: of hours whose raw data there is, of hours that were empty or what was proven new, and what is set aside. */
  open = new Map<string, Placed>();
  past = new Map<string, Placed>();
  setAside = new Map<string, Placed>();
  /** Raw data that is gone: rollups know what it was. */
  gone: Placed[] = [];

  constructor(rawFromUs: number, minutesFromUs: number) {
    this.rawFromUs = rawFromUs;
    this.minutesFromUs = minutesFromUs;
  }

  copy(): HoursModel {
    const copy = new HoursModel(this.rawFromUs, this.minutesFromUs);
    copy.open = new Map(this.open);
    copy.past = new Map(this.past);
    copy.setAside = new Map(this.setAside);
    copy.gone = [...this.gone];
    return copy;
  }

  store({ cursor, events }: StoredFrame): void {
    for (const [ordinal, event] of events.entries()) {
      const placed = { cursor, ordinal, event };
      const key = identityOf(placed);
      if (event.ts >= this.rawFromUs) settle(this.open, key, placed);
      else if (this.past.has(key) || !this.#mayBeGone(event)) settle(this.past, key, placed);
      else settle(this.setAside, key, placed);
    }
  }

  drop(rawFromUs: number, minutesFromUs: number): void {
    this.rawFromUs = rawFromUs;
    this.minutesFromUs = minutesFromUs;
    for (const [key, placed] of this.open) {
      if (placed.event.ts >= rawFromUs) continue;
      this.open.delete(key);
      this.gone.push(placed);
    }
  }

  /** What counts, an event a frame, in the order of the log. */
  counted(): StoredFrame[] {
    return framesOf([...this.open.values(), ...this.past.values(), ...this.gone]);
  }

  /** What is there raw: what replay and export have. */
  raw(): Placed[] {
    const all = [...this.open.values(), ...this.past.values(), ...this.setAside.values()];
    return all.sort(byPlace);
  }

  #mayBeGone(event: TapeEvent): boolean {
    const ofTheSame = this.gone
      .map((placed) => placed.event)
      .filter((one) => ownerOf(one) === ownerOf(event));
    const isWithin = (lengthUs: number) => {
      const bucket = ofTheSame
        .map(({ ts }) => ts)
        .filter((ts) => Math.floor(ts / lengthUs) === Math.floor(event.ts / lengthUs));
      return bucket.some((ts) => ts <= event.ts) && bucket.some((ts) => ts >= event.ts);
    };
    return isWithin(HOUR) && (event.ts < this.minutesFromUs || isWithin(MINUTE));
  }
}

function ownerOf(event: TapeEvent): string {
  return event.kind === "metric" ? event.metric : "";
}

function identityOf({ cursor, ordinal, event }: Placed): string {
  if (event.kind === "metric") return `m ${event.metric} ${event.ts}`;
  if (event.kind === "trade" && event.id !== undefined) return `t ${event.ts} ${event.id}`;
  return `t ${cursor}/${ordinal}`;
}

/** Of a point the later stays, of a trade the first. */
function settle(kept: Map<string, Placed>, key: string, placed: Placed): void {
  const found = kept.get(key);
  const isLater = found === undefined ? 0 : byPlace(placed, found);
  if (found === undefined || (placed.event.kind === "metric" ? isLater > 0 : isLater < 0)) {
    kept.set(key, placed);
  }
}

const byPlace = (a: Placed, b: Placed) => a.cursor - b.cursor || a.ordinal - b.ordinal;

function framesOf(placed: readonly Placed[]): StoredFrame[] {
  return placed
    .toSorted(byPlace)
    .map(({ cursor, ordinal, event }) => frame(cursor * 100 + ordinal, event));
}
