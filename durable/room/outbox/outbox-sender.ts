import type { StoreOutcome, WriterCalls } from "../../../src/bindings/writer.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { OutboxPart } from "../log/log.ts";

/** Correlation ids that go along with a part of the outbox. */
const KEPT_CORRELATION_IDS = 8;

export interface OutboxSenderDeps {
  symbol: SymbolName;
  outboxBytes: () => number;
  /** The Writer of the symbol's shard. */
  writer: Pick<WriterCalls, "store">;
  unreachable: (error: unknown) => void;
}

/** Hands parts of the outbox to the Writer, with the correlation ids of the requests that brought some of it. */
export class OutboxSender {
  readonly #deps: OutboxSenderDeps;
  #correlationIds: string[] = [];

  constructor(deps: OutboxSenderDeps) {
    this.#deps = deps;
  }

  /** A request brought something; its id goes with the next part. */
  remember(correlationId: string): void {
    this.#correlationIds.push(correlationId);
    if (this.#correlationIds.length > KEPT_CORRELATION_IDS) this.#correlationIds.shift();
  }

  async store(part: OutboxPart): Promise<StoreOutcome> {
    const { symbol, outboxBytes: outboxBytesOf, writer, unreachable } = this.#deps;
    const correlationIds = this.#correlationIds.splice(0);
    const frames = part.frames.map(({ cursor, text }) => ({ cursor, text }));
    let outcome: StoreOutcome;
    try {
      const outboxBytes = outboxBytesOf();
      outcome = await writer.store({ symbol, frames, correlationIds, outboxBytes });
    } catch (error) {
      unreachable(error);
      outcome = { kind: "unavailable" };
    }
    // The part goes again, and its ids with it.
    if (outcome.kind !== "stored") {
      this.#correlationIds = [...correlationIds, ...this.#correlationIds].slice(
        -KEPT_CORRELATION_IDS,
      );
    }
    return outcome;
  }
}
