/**
 * How a producer treats a batch without an answer. `once`: it is not sent again, so it may or may not be there.
 * `keyed`: sent again with its `Idempotency-Key` until acknowledged. `again`: trades with ids, sent again without a key
 * until acknowledged. All events of the last two must be there exactly once.
 */
export type RetryPolicy = "once" | "keyed" | "again";

export type BatchState =
  | { kind: "pending" }
  /** `cursors` by symbol, as answered. */
  | { kind: "acknowledged"; cursors: Record<string, number> }
  /** No answer came; sent once. */
  | { kind: "unknown" }
  /** Answered, with a refusal. */
  | { kind: "refused"; status: number; retryAfter: string | null };

export type SentBatch = {
  policy: RetryPolicy;
  /** Numbers of the events by symbol; each event of a run has its own number. */
  numbers: Map<string, number[]>;
  state: BatchState;
};

/** What the producers know: every batch that was sent, and what was answered. */
export class Ledger {
  readonly batches: SentBatch[] = [];
  /** From sending to acknowledgement, for the batches that needed one request, in ms. */
  readonly ackMs: number[] = [];
  #nextNumber = 1;

  /** A number for one more event. */
  takeNumber(): number {
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    return number;
  }

  /** Numbers of the acknowledged events of a symbol. */
  acknowledged(symbol: string): number[] {
    return this.batches.flatMap((batch) =>
      batch.state.kind === "acknowledged" ? (batch.numbers.get(symbol) ?? []) : [],
    );
  }

  count(kind: BatchState["kind"]): number {
    return this.batches
      .filter((batch) => batch.state.kind === kind)
      .reduce((sum, batch) => sum + eventsOf(batch), 0);
  }
}

export function eventsOf(batch: SentBatch): number {
  return [...batch.numbers.values()].reduce((sum, numbers) => sum + numbers.length, 0);
}
