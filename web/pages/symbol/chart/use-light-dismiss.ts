import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** What is open over the chart closes at Escape, and where one presses beside it. */
export function useLightDismiss(details: RefObject<HTMLDetailsElement | null>): void {
  useEffect(() => {
    const close = (event: Event) => {
      const box = details.current;
      if (!box?.open) return;
      if ("key" in event ? event.key !== "Escape" : box.contains(event.target as Node)) return;
      // Who is within goes on at its head.
      if (box.contains(document.activeElement)) box.querySelector("summary")?.focus();
      box.open = false;
    };
    const heard = ["pointerdown", "keydown"] as const;
    for (const type of heard) document.addEventListener(type, close, true);
    return () => {
      for (const type of heard) document.removeEventListener(type, close, true);
    };
  }, []);
}
