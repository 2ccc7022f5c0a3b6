import type { IdempotentRequest } from "./room.ts";

/**
 * `new`: nobody has used the key. `same`: it came with this very request before, which may have ended anywhere. `other`:
 * it came with another request.
 */
export type KeyClaim = "new" | "same" | "other";

/** What the Worker may ask of the ledger of `Idempotency-Key`s. */
export interface KeysCalls extends Rpc.DurableObjectBranded {
  /** Claims a key for one request; durable when it answers. */
  claim(request: IdempotentRequest): KeyClaim;
}
