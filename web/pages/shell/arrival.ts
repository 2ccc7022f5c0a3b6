import { useEffect, useRef } from "preact/hooks";

/**
 * Puts the focus, and with it what a screen reader reads, on the heading of the page that one has come to by a link, a key or a
 * step back; not on that of the first, which the browser begins to read by itself. Who types is left alone.
 */
export function useArrival(path: string): void {
  const last = useRef(path);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    if (arrived()) return;
    // The script of the page is on its way.
    const watch = new MutationObserver(() => {
      if (arrived()) watch.disconnect();
    });
    watch.observe(document.body, { childList: true, subtree: true });
    return () => watch.disconnect();
  }, [path]);
}

/** Whether there is a heading to have come to. */
function arrived(): boolean {
  const heading = document.querySelector<HTMLElement>("main h1");
  if (heading === null) return false;
  if (document.activeElement?.matches("input, textarea, select, dialog *")) return true;
  heading.tabIndex = -1;
  // A link scrolls to the top itself, and a step back to where one was.
  heading.focus({ preventScroll: true });
  return true;
}
