import type { Api, Failure } from "./api.ts";
import type { Clock } from "./clock.ts";
import type { Dirty } from "./dirty.ts";
import type { Performers } from "./machine.ts";

/** What every part of a symbol's feed takes from the world. */
export interface FeedDeps extends Clock {
  api: Api;
  mark(dirty: Dirty): void;
  /** A request went wrong: what `failed` will be asked again by who asked. */
  failed(answer: Failure): void;
}

/** What every part of a symbol's feed has to tell. */
export type FeedEffect = { type: "mark"; dirty: Dirty } | { type: "failed"; answer: Failure };

/** This is to be painted. */
export function mark(dirty: Dirty): { type: "mark"; dirty: Dirty } {
  return { type: "mark", dirty };
}

/** How every part tells it. */
export function telling(deps: FeedDeps): Performers<FeedEffect> {
  return { mark: ({ dirty }) => deps.mark(dirty), failed: ({ answer }) => deps.failed(answer) };
}
