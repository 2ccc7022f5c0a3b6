import type { ZoneId } from "./times.ts";

/** How far clocks are ahead of UTC at a moment of the epoch, both in ms. */
export type Zone = (epochMs: number) => number;

/** No zone sets its clocks twice in a day, so a day that begins and ends alike is alike throughout. */
const BLOCK_MS = 86_400_000;

/** Formats are dear to make, and days of thousands of bars are asked for. */
const zones = new Map<ZoneId, Zone>();

/** The clocks of `id`, quick enough for an axis of thousands of bars. */
export function zoneOf(id: ZoneId): Zone {
  const known = zones.get(id);
  if (known !== undefined) return known;
  const zone = offsetsOf(id);
  zones.set(id, zone);
  return zone;
}

function offsetsOf(id: ZoneId): Zone {
  // Swedish writes a moment as ISO 8601 does.
  const format = new Intl.DateTimeFormat("sv-SE", {
    ...{ timeZone: id, dateStyle: "short", timeStyle: "medium" },
  });
  const begins = new Map<number, number>();
  return (epochMs) => {
    const block = Math.floor(epochMs / BLOCK_MS);
    const offsetMs = beginOf(block);
    return offsetMs === beginOf(block + 1) ? offsetMs : exactly(epochMs);
  };

  function beginOf(block: number): number {
    const known = begins.get(block);
    if (known !== undefined) return known;
    const offsetMs = exactly(block * BLOCK_MS);
    begins.set(block, offsetMs);
    return offsetMs;
  }

  function exactly(epochMs: number): number {
    const second = Math.floor(epochMs / 1_000) * 1_000;
    return Date.parse(`${format.format(second).replace(" ", "T")}Z`) - second;
  }
}
