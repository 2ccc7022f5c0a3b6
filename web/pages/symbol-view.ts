import { useEffect, useState } from "preact/hooks";
import { openTape } from "../../client/tape.ts";
import type { Interval } from "../../src/protocol/bar.ts";
import { createPaintLoop } from "../charts/paint-loop.ts";
import type { Range } from "../data/ranges.ts";
import type { Api } from "../feed/api.ts";
import type { Dirty } from "../feed/dirty.ts";
import { openSymbolFeed, type SymbolFeed } from "../feed/symbol-feed.ts";
import { readToken } from "../feed/token.ts";

/** A feed and those who paint it: every dirty bit since the last frame reaches each painter once. */
export interface SymbolView {
  feed: SymbolFeed;
  /** Be called with what is dirty, in animation frames only; the function it returns ends that. */
  onPaint(painter: (dirty: Dirty) => void): () => void;
  close(): void;
}

export interface SymbolViewOptions {
  api: Api;
  symbol: string;
  interval: Interval | null;
  range: Range;
  onUnauthorized(): void;
}

export function openSymbolView(options: SymbolViewOptions): SymbolView {
  const painters = new Set<(dirty: Dirty) => void>();
  const loop = createPaintLoop(() => {
    const dirty = feed.takeDirty();
    for (const painter of painters) painter(dirty);
  });
  const feed = openSymbolFeed(
    {
      api: options.api,
      openTape(tape) {
        const token = readToken();
        return openTape({
          ...tape,
          baseUrl: window.location.origin,
          ...(token === null ? {} : { token }),
        });
      },
      setTimer(callback, delayMs) {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
      nowMs: () => Date.now(),
      onDirty: loop.request,
      onUnauthorized: options.onUnauthorized,
    },
    options.symbol,
    { interval: options.interval, range: options.range },
  );
  return {
    feed,
    onPaint(painter) {
      painters.add(painter);
      return () => painters.delete(painter);
    },
    close() {
      loop.stop();
      feed.close();
    },
  };
}

/**
 * Render the component anew when a bit of `mask` is dirty, at most once in `everyMs`: text that changes faster cannot
 * be read.
 */
export function useRepaint(view: SymbolView, mask: Dirty, everyMs: number): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let paintedAtMs = 0;
    const repaint = () => {
      timer = undefined;
      paintedAtMs = performance.now();
      setCount((count) => count + 1);
    };
    const stop = view.onPaint((dirty) => {
      if ((dirty & mask) === 0 || timer !== undefined) return;
      const waitMs = paintedAtMs + everyMs - performance.now();
      if (waitMs <= 0) repaint();
      else timer = setTimeout(repaint, waitMs);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [view, mask, everyMs]);
}
