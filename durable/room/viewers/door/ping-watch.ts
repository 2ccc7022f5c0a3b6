/** Pings so near to each other that no heartbeat is meant. */
const NEAR_MS = 100;
/** How long pings come to the room and are counted: a whole second of L-2, wherever it begins. */
const COUNTING_MS = 2_200;

interface Pinging {
  /** When the platform last answered a ping of it; null if never. */
  pingedMs(): number | null;
}

export interface PingWatchDeps {
  /** Whether the platform answers pings itself, without the room. */
  setAutoResponse: (isOn: boolean) => void;
  nowMs: () => number;
  wait: (ms: number) => Promise<void>;
  keepAwake: (work: Promise<void>) => void;
}

/**
 * Sees to it that pings count for L-2. The platform answers them without waking the room, and of each socket it tells no more
 * than when the last one came. So the room looks at that from time to time; where a socket pings twice within a tenth of
 * a second, all pings come to the room for two seconds, where they are counted like any message.
 */
export class PingWatch {
  readonly #deps: PingWatchDeps;
  #isLooking = false;

  constructor(deps: PingWatchDeps) {
    this.#deps = deps;
  }

  /** Looks for sockets that have pinged just now, and looks at those again a moment later. */
  look(sockets: Iterable<Pinging>): void {
    if (this.#isLooking) return;
    const { nowMs, keepAwake } = this.#deps;
    const suspects = new Map<Pinging, number>();
    for (const socket of sockets) {
      const atMs = socket.pingedMs();
      if (atMs !== null && nowMs() - atMs <= NEAR_MS) suspects.set(socket, atMs);
    }
    if (suspects.size === 0) return;
    this.#isLooking = true;
    keepAwake(
      this.#lookAgain(suspects).finally(() => {
        this.#isLooking = false;
      }),
    );
  }

  async #lookAgain(suspects: ReadonlyMap<Pinging, number>): Promise<void> {
    const { setAutoResponse, wait } = this.#deps;
    await wait(NEAR_MS);
    if (![...suspects].some(([socket, atMs]) => socket.pingedMs() !== atMs)) return;
    setAutoResponse(false);
    try {
      await wait(COUNTING_MS);
    } finally {
      setAutoResponse(true);
    }
  }
}
