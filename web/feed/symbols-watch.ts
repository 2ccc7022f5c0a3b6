import { backoffMs } from "../../client/backoff.ts";
import type { Status } from "../../client/status.ts";
import { beforeLive } from "../data/before-live.ts";
import { type ListedSymbol, nextList } from "../data/symbol-list.ts";
import type { Api } from "./api.ts";
import type { Clock } from "./clock.ts";

const EVERY_MS = 1_000;

export interface SymbolsView {
  list: readonly ListedSymbol[];
  /** Null while the server answers; otherwise when it will be asked again. */
  retryAtMs: number | null;
  /** Whether any answer has come: before that an empty list means nothing. */
  known: boolean;
}

/** The state of the list in the words of a connection. */
export function symbolsStatus(view: SymbolsView, nowMs: number): Status {
  if (view.retryAtMs !== null) {
    const seconds = Math.max(1, Math.ceil((view.retryAtMs - nowMs) / 1_000));
    const status: Status = { kind: "reconnecting", words: `reconnecting in ${seconds} s` };
    return view.known ? status : beforeLive(status);
  }
  return view.known ? { kind: "live", words: "live" } : { kind: "connecting", words: "connecting" };
}

export interface SymbolsWatchDeps extends Clock {
  api: Pick<Api, "symbols">;
  random(): number;
  isVisible(): boolean;
  /** Tells when the page is shown or hidden; the function it returns stops that. */
  watchVisibility(notice: () => void): () => void;
  /** Tells to ask at once; the function it returns stops that. */
  onRetry(listener: () => void): () => void;
  onView(view: SymbolsView): void;
  onUnauthorized(): void;
}

/** Looks at the list of symbols each second while the page is visible. The function it returns stops it. */
export function watchSymbols(deps: SymbolsWatchDeps): () => void {
  let list: readonly ListedSymbol[] = [];
  let known = false;
  let failures = 0;
  let asking = false;
  let stopped = false;
  let cancelTimer: (() => void) | null = null;

  const unwatch = deps.watchVisibility(() => {
    cancelTimer?.();
    if (deps.isVisible()) void look();
  });
  const stopRetrying = deps.onRetry(() => void look());
  void look();
  return () => {
    stopped = true;
    cancelTimer?.();
    unwatch();
    stopRetrying();
  };

  async function look(): Promise<void> {
    if (asking || stopped) return;
    asking = true;
    const askedAtMs = deps.nowMs();
    const answer = await deps.api.symbols();
    asking = false;
    if (stopped) return;
    if (answer.kind === "unauthorized") {
      deps.onUnauthorized();
      return;
    }
    if (answer.kind === "ok") {
      failures = 0;
      known = true;
      list = nextList(list, answer.value.symbols);
      tell(null);
      next(Math.max(0, EVERY_MS - (deps.nowMs() - askedAtMs)));
      return;
    }
    failures += 1;
    const waitMs = backoffMs(failures, deps.random());
    tell(deps.nowMs() + waitMs);
    next(waitMs);
  }

  function tell(retryAtMs: number | null): void {
    deps.onView({ list, retryAtMs, known });
  }

  function next(delayMs: number): void {
    cancelTimer?.();
    if (!deps.isVisible()) return;
    cancelTimer = deps.setTimer(() => void look(), delayMs);
  }
}
