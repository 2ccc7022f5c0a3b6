import { panned, zoomed } from "../data/bars/time-window.ts";
import type { SharedAxis } from "./shared-axis.ts";

/** How much wider a pixel of the wheel makes what is in sight. */
const ZOOM_A_PX = 0.002;

/**
 * Lets one drag `area` along the axis, and zoom by the wheel with Ctrl, which is also how a browser tells of two fingers on a pad: the wheel alone
 * scrolls the page.
 */
export function moveAxis(area: HTMLElement, axis: SharedAxis): void {
  let heldX: number | null = null;
  area.style.touchAction = "pan-y";
  area.addEventListener("pointerdown", ({ button, clientX, pointerId }) => {
    if (button !== 0) return;
    heldX = clientX;
    area.setPointerCapture(pointerId);
  });
  area.addEventListener("pointermove", ({ clientX }) => {
    const window = axis.inSight();
    if (heldX === null || window === null) return;
    axis.wanted.say(area, panned(window, (heldX - clientX) / area.clientWidth));
    heldX = clientX;
  });
  for (const end of ["pointerup", "pointercancel"] as const) {
    area.addEventListener(end, () => {
      heldX = null;
    });
  }
  area.addEventListener("wheel", (event) => {
    const window = axis.inSight();
    if (!event.ctrlKey || window === null) return;
    event.preventDefault();
    const share = event.offsetX / area.clientWidth;
    axis.wanted.say(area, zoomed(window, share, Math.exp(event.deltaY * ZOOM_A_PX)));
  });
}
