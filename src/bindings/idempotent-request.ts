/** A request's `Idempotency-Key`, with whose it is, and a digest of the whole request: its route and its body. */
export interface IdempotentRequest {
  key: string;
  fingerprint: string;
}
