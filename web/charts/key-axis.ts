import { panned, zoomed } from "../data/bars/time-window.ts";
import type { SharedAxis } from "./shared-axis.ts";

/** How far an arrow moves, as a share of what is in sight. */
const STEP = 0.1;
const CLOSER = 0.8;

/** Moves all charts of the axis as `key` says; whether it is a key of theirs. `who` is any object that stands for the asker. */
export function moveByKey(key: string, who: object, axis: SharedAxis): boolean {
  const window = axis.inSight();
  if (window === null) return false;
  // The newest bar stays where it is.
  const zoom = (factor: number) => axis.wanted.say(who, zoomed(window, 1, factor));
  switch (key) {
    case "ArrowLeft":
      axis.wanted.say(who, panned(window, -STEP));
      return true;
    case "ArrowRight":
      axis.wanted.say(who, panned(window, STEP));
      return true;
    case "+":
    case "=":
      zoom(CLOSER);
      return true;
    case "-":
      zoom(1 / CLOSER);
      return true;
    default:
      return false;
  }
}
