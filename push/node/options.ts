import type { Route } from "./kinds.ts";
import type { Refused } from "./refused.ts";

export interface EdgetapeOptions {
  /** A token with the scope `write`, or a function that gives the one to use now. */
  token: string | (() => string);
  /**
   * The folder of the spool, on a disk of this machine. True: `$XDG_STATE_HOME/edgetape` or `~/.local/state/edgetape`. False: trades,
   * orders, positions, notes and books wait in memory alone, as metrics do. What is in it is named after the server and the token's holder, so
   * services may share a folder.
   */
  spool?: string | boolean;
  /** How long events gather before a post, in ms: 100. A post has all symbols of a kind. 1000 is cheap on Cloudflare. */
  intervalMs?: number;
  /** Most events of a kind that wait in memory, or for the disk: 100,000. */
  mostWaiting?: number;
  /** Most bytes of the spool: 1 GiB. Beyond them what is pushed is lost, counted and warned of. */
  spoolBytes?: number;
  /** How long an answer may take, in ms: 10,000. */
  timeoutMs?: number;
  /** How long the end of the process may take to flush, in ms: 5,000. */
  exitTimeoutMs?: number;
  /** Told of the events that were set aside. Without it they are a warning. */
  onRefused?: (refused: Refused[]) => void;
  /** Told what a person should know. Without it `console.warn`. */
  onWarning?: (words: string) => void;
}

/** What became of the events of a kind. */
export interface Counts {
  /** In memory. */
  waiting: number;
  /** On disk. */
  spooled: number;
  sent: number;
  refused: number;
  /** Lost because there was no room, or pushed after the end. */
  dropped: number;
}

export interface Stats {
  kinds: Record<Route, Counts>;
  /** What holds up a kind, or all of them (`server`), in words. */
  trouble: Partial<Record<Route | "server", string>>;
}

/** Options with what holds where nothing is said. */
export type Settings = Required<Omit<EdgetapeOptions, "onRefused">> &
  Pick<EdgetapeOptions, "onRefused">;

export function settingsOf(options: EdgetapeOptions): Settings {
  const said = Object.entries(options).filter(([, value]) => value !== undefined);
  return {
    spool: true,
    intervalMs: 100,
    mostWaiting: 100_000,
    spoolBytes: 1 << 30,
    timeoutMs: 10_000,
    exitTimeoutMs: 5_000,
    onWarning: (words: string) => console.warn(`edgetape: ${words}`),
    ...(Object.fromEntries(said) as typeof options),
  };
}
