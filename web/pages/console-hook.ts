import type { Bar } from "../../src/protocol/events/bar.ts";
import type { SymbolFeed } from "../feed/room/symbol-feed.ts";

/** What a test, or a person at the console, can ask the page of a symbol: `__edgetape.bars()`. */
interface ConsoleHook {
  /** The bars on the chart, oldest first. */
  bars(): Bar[];
  /** Everything up to here is on the page; 0 before the first position is known. */
  cursor(): number;
  /** "connecting", "catching-up", "live", "reconnecting", "polling", "offline" or "closed". */
  state(): string;
}

declare global {
  interface Window {
    __edgetape?: ConsoleHook;
  }
}

/** Put the hook of `feed` on the window; the function it returns takes it away. */
export function exposeConsoleHook(feed: SymbolFeed): () => void {
  const hook: ConsoleHook = {
    bars: () =>
      feed.bars().map(({ ts, open, high, low, close, volume, trades }) => {
        return { ts, open, high, low, close, volume, trades };
      }),
    cursor: () => feed.cursor() ?? 0,
    state: () => feed.status().kind,
  };
  window.__edgetape = hook;
  return () => {
    if (window.__edgetape === hook) delete window.__edgetape;
  };
}
