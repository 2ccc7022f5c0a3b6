/** Between a socket's end and the collection: more sockets end meanwhile, in ms. */
const GATHER_MS = 1_000;
/** The collector holds up everybody while it goes over what is alive, so it is not called again for so long, in ms. */
const REST_MS = 10_000;

export interface SpentSocketsDeps {
  /** Has the runtime's collector go over everything; null where nobody may, as on Cloudflare. */
  collect: (() => void) | null;
  nowMs(): number;
  wait(ms: number): Promise<void>;
  keepAwake(work: Promise<void>): void;
}

/**
 * Sockets that we closed, and whose clients have answered that and never said anything before. The runtime keeps such a connection until its
 * collector finds the socket, which on a quiet machine may be never: the client waits for the end of the connection, and its descriptors are
 * gone. A client that has said something gets the end at once (workerd of 2026-10-23).
 */
export class SpentSockets {
  readonly #deps: SpentSocketsDeps;
  #isWaiting = false;
  #collectedMs = Number.NEGATIVE_INFINITY;

  constructor(deps: SpentSocketsDeps) {
    this.#deps = deps;
  }

  /** There is one more. */
  add(): void {
    const { collect, keepAwake } = this.#deps;
    if (collect === null || this.#isWaiting) return;
    this.#isWaiting = true;
    keepAwake(this.#collectSoon(collect));
  }

  async #collectSoon(collect: () => void): Promise<void> {
    const { nowMs, wait } = this.#deps;
    const restMs = Math.min(REST_MS, this.#collectedMs + REST_MS - nowMs());
    await wait(Math.max(GATHER_MS, restMs));
    this.#isWaiting = false;
    this.#collectedMs = nowMs();
    collect();
  }
}

/** Only where the runtime was started with V8's `--expose-gc`. */
export function collectorOf(scope: object): (() => void) | null {
  const { gc } = scope as { gc?: () => void };
  return gc ?? null;
}
