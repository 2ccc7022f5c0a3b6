import type { ZoneId } from "../data/times/times.ts";
import { keep, readKept } from "./kept.ts";

/** Whose clocks the page shows: the reader's own, or those of a zone, as of an exchange. */
export type ZoneChoice = "local" | ZoneId;

const KEY = "edgetape.zone";

/** The choice of this browser. Where it keeps none, or one it knows no more, the reader's own. */
export function readZone(): ZoneChoice {
  const kept = readKept(KEY);
  if (kept === null || kept === "local") return "local";
  try {
    new Intl.DateTimeFormat("en", { timeZone: kept });
    return kept;
  } catch {
    return "local";
  }
}

/** Remembers a choice where the browser can. */
export function keepZone(choice: ZoneChoice): void {
  keep(KEY, choice);
}

/** The zone that a choice comes to in this browser. */
export function zoneIdOf(choice: ZoneChoice): ZoneId {
  return choice === "local" ? Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC" : choice;
}
