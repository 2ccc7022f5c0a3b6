import type { IdempotentRequest, KeyClaim } from "./host.ts";

/** What the Worker may ask of the ledger of `Idempotency-Key`s. */
export interface KeysCalls extends Rpc.DurableObjectBranded {
  /** Claims a key for one request; durable when it answers. */
  claim(request: IdempotentRequest): KeyClaim;
  /** Is there room on the disk for what a large request brings? Asked of the one that holds no keys. */
  canWrite(): Promise<boolean>;
}

/** Name of the one that holds no keys: it is broken each time that the disk is full. */
export const KEYS_ON_TRIAL = "keys-on-trial";
