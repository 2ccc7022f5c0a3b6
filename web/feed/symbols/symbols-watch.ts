import type { Status } from "../../../client/status.ts";
import { beforeLive } from "../../data/bars/before-live.ts";
import type { ListedSymbol } from "../../data/symbols/symbol-list.ts";
import type { Api } from "../api.ts";
import type { Clock } from "../clock.ts";
import { run } from "../machine.ts";
import { initialList, listMachine, PATIENCE_MS } from "./symbols-machine.ts";

export interface SymbolsView {
  list: readonly ListedSymbol[];
  /** Null while the server answers; otherwise when it will be asked again. */
  retryAtMs: number | null;
  /** Whether any answer has come: before that an empty list means nothing. */
  known: boolean;
  /** Whether the server knows all of it. */
  isWhole: boolean;
  /** When the server told the list, in ms; null: never. */
  heardAtMs: number | null;
  /** Questions in a row that came to nothing. */
  failures: number;
  /** The server wants another token, and nothing is asked meanwhile. */
  isRefused: boolean;
}

/** Whether what is shown is not news. */
export function isCutOff({ retryAtMs, isRefused }: SymbolsView): boolean {
  return retryAtMs !== null || isRefused;
}

/** The state of the list in the words of a connection. */
export function symbolsStatus(
  view: Omit<SymbolsView, "heardAtMs" | "failures">,
  nowMs: number,
): Status {
  if (view.retryAtMs !== null) {
    const seconds = Math.max(1, Math.ceil((view.retryAtMs - nowMs) / 1_000));
    const status: Status = { kind: "reconnecting", words: `reconnecting in ${seconds} s` };
    return view.known ? status : beforeLive(status);
  }
  if (view.isRefused) return { kind: "offline", words: "needs a token" };
  if (!view.known) return { kind: "connecting", words: "waiting for the list of symbols" };
  return { kind: "live", words: view.isWhole ? "live" : "live, some symbols still being read" };
}

/** No server is asked to hold a question for longer. */
export const MOST_HOLD_S = 20;

export interface SymbolsWatchDeps extends Clock {
  api: Pick<Api, "symbols">;
  /** How long the server is asked to hold a question to which it has no news, in seconds; `MOST_HOLD_S` at the most. */
  holdS(): number;
  isVisible(): boolean;
  /** Tells when the page is shown or hidden; the function it returns stops that. */
  watchVisibility(notice: () => void): () => void;
  /** Tells to ask at once; the function it returns stops that. */
  onRetry(listener: () => void): () => void;
  onView(view: SymbolsView): void;
  onUnauthorized(detail?: string): void;
}

export interface SymbolsWatch {
  /** A stream tells prices from now on, or no more. */
  besideLive(isBesideLive: boolean): void;
  stop(): void;
}

/**
 * Tells of each change of the list of symbols while the page is visible, at most once a second, and more seldom beside a stream that
 * tells prices.
 */
export function watchSymbols(deps: SymbolsWatchDeps): SymbolsWatch {
  const { api, holdS, isVisible, onView, onUnauthorized } = deps;
  const asked = new Map<number, AbortController>();
  const list = run(listMachine, initialList(MOST_HOLD_S * 1_000, isVisible()), deps, {
    async ask({ id, tag }) {
      const question = new AbortController();
      asked.set(id, question);
      const forS = holdS();
      const callOff = deps.setTimer(() => question.abort(), forS * 1_000 + PATIENCE_MS);
      const answer = await api.symbols({ tag, holdS: forS, signal: question.signal });
      callOff();
      asked.delete(id);
      list.send({ type: "answered", id, answer });
    },
    cancel: ({ id }) => asked.get(id)?.abort(),
    tell() {
      const { list: symbols, phase, retryAtMs, known, isWhole, heardAtMs, failures } = list.state();
      const isRefused = phase.name === "refused";
      onView({ list: symbols, retryAtMs, known, isWhole, heardAtMs, failures, isRefused });
    },
    unauthorized: ({ detail }) => onUnauthorized(detail),
  });
  const unwatch = deps.watchVisibility(() => list.send({ type: isVisible() ? "shown" : "hidden" }));
  const stopRetrying = deps.onRetry(() => list.send({ type: "retry" }));
  list.send({ type: "start" });
  return {
    besideLive: (isBesideLive) => list.send({ type: "live", isBesideLive }),
    stop() {
      list.stop();
      for (const question of asked.values()) question.abort();
      unwatch();
      stopRetrying();
    },
  };
}
