import type { Api, Failure } from "./api.ts";
import type { Clock } from "./clock.ts";
import type { Dirty } from "./dirty.ts";

/** What every part of a symbol's feed takes from the world. */
export interface FeedDeps extends Clock {
  api: Api;
  mark(dirty: Dirty): void;
  /** A request went wrong: what `failed` will be asked again by who asked. */
  failed(answer: Failure): void;
}

/** What every part of a symbol's feed has to tell. */
export type FeedEffect = { type: "mark"; dirty: Dirty } | { type: "failed"; answer: Failure };
