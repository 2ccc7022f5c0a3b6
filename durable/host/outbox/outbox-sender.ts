import type { StoreOutcome, StoreRequest, WriterCalls } from "../../../src/bindings/writer.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import type { HostPart } from "../log/host-log.ts";
import type { SymbolOf } from "./outbox-log.ts";

/** Correlation ids that go along with a part of the outbox. */
const KEPT_CORRELATION_IDS = 8;

export interface OutboxSenderDeps {
  host: HostName;
  symbolOf: SymbolOf;
  /** The Writer of the host's shard. */
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

  async store(
    rooms: HostPart["rooms"],
    waiting: Pick<StoreRequest, "lane" | "outboxBytes" | "roomsWaiting" | "leftBytes">,
  ): Promise<StoreOutcome> {
    const { host, symbolOf, writer, unreachable } = this.#deps;
    const correlationIds = waiting.lane === "outbox" ? this.#correlationIds.splice(0) : [];
    let outcome: StoreOutcome;
    try {
      outcome = await writer.store({
        ...{ host, correlationIds, ...waiting },
        rooms: rooms.map(({ room, frames }) => ({
          symbol: symbolOf(room),
          frames: frames.map(({ cursor, text }) => ({ cursor, text })),
        })),
      });
    } catch (error) {
      unreachable(error);
      outcome = { kind: "unavailable" };
    }
    // The part goes again, and its ids with it.
    if (outcome.kind !== "stored" && outcome.kind !== "partly") {
      this.#correlationIds = [...correlationIds, ...this.#correlationIds].slice(
        -KEPT_CORRELATION_IDS,
      );
    }
    return outcome;
  }
}
