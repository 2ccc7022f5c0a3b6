import type { HostName } from "../placement/placement.ts";
import type { RelayName, StreamsName } from "../placement/relaying.ts";

/** A connection has two in the runtime, a viewer's as any other. */
const DESCRIPTORS_A_VIEWER = 2;
/** The database of a host or a relay, its write-ahead log and the index of that, whatever rooms it has. */
const DESCRIPTORS_A_HOST = 3;
/** What a runtime has open that serves nobody. */
const OWN = 64;

/** What viewers leave free. A crowd is a thousand connections, whoever is refused among them. */
const KEPT = { share: 1 / 2, most: 4_096 };
/** Of those, what hosts leave to connections that come and go, and to the database. */
const KEPT_BY_HOSTS_SHARE = 1 / 4;

/** A count is good for so long a time, in ms, and for so large a part of what was free then. */
const COUNT_MS = 500;
const COUNT_SHARE = 1 / 8;
/** A host or a relay that nobody has used for so long is closed by the runtime, in ms. */
const HOST_IDLE_MS = 10_000;

/** What hosts are opened for. */
export type HostUse = "push" | "read";

/** How a runtime shares out the descriptors that it may have. */
export interface DescriptorShares {
  /** All it may have (RLIMIT_NOFILE). */
  limit: number;
  /** Where so many are open no viewer is let in: the rest is kept for pushes, reads, health and the database. */
  viewersEnd: number;
  /** Where so many are open no host is opened to be read: the rest is kept for those that are pushed to. */
  readsEnd: number;
  /** Where so many are open no further host is opened: the rest is kept for connections. */
  hostsEnd: number;
  /** About so many viewers fit where few hosts are open, and so many hosts where there are no viewers. */
  viewers: number;
  hosts: number;
}

/** `relays`: the runtime may have so many, of hosts in other runtimes. */
export function sharesOf(limit: number, relays = 0): DescriptorShares {
  const kept = Math.min(Math.ceil(limit * KEPT.share), KEPT.most);
  const viewersEnd = limit - kept;
  const hostsEnd = limit - Math.ceil(kept * KEPT_BY_HOSTS_SHARE);
  // Whoever reads goes round all hosts at no cost of its own, and must not keep producers out.
  const readsEnd = Math.floor((viewersEnd + hostsEnd) / 2);
  const mostUpTo = (end: number, each: number) => Math.max(0, Math.floor((end - OWN) / each));
  return {
    ...{ limit, viewersEnd, readsEnd, hostsEnd },
    viewers: viewersIn(viewersEnd - OWN, relays),
    hosts: mostUpTo(hostsEnd, DESCRIPTORS_A_HOST),
  };
}

/** Each of the first viewers may be the one that a relay is opened for. */
function viewersIn(room: number, relays: number): number {
  const withRelay = DESCRIPTORS_A_VIEWER + DESCRIPTORS_A_HOST;
  const each = room < relays * withRelay ? withRelay : DESCRIPTORS_A_VIEWER;
  const taken = each === withRelay ? 0 : relays * DESCRIPTORS_A_HOST;
  return Math.max(0, Math.floor((room - taken) / each));
}

/** An object with a file of its own. */
type OpenObject = HostName | RelayName | StreamsName;

export interface DescriptorBudgetDeps {
  limit: number;
  /** Relays that this runtime may have, of hosts in other runtimes. */
  relays?: number;
  /** How many are open in this runtime. Rejects where that cannot be told. */
  count(): Promise<number>;
  nowMs(): number;
}

/**
 * Keeps a runtime below its limit of descriptors: where none is left it ends, with everybody in it. What is open is counted and
 * not reckoned, so it holds for whatever has opened it; between two counts what was let in is added.
 */
export class DescriptorBudget {
  readonly shares: DescriptorShares;
  readonly #deps: DescriptorBudgetDeps;
  #open = OWN;
  /** Let in since the last count began. */
  #promised = 0;
  /** Null before the first count. Where counting is never possible, nothing is refused. */
  #canCount: boolean | null = null;
  #countedAtMs = Number.NEGATIVE_INFINITY;
  #isCounting = false;
  /** Hosts and relays that are surely open, and when they were used last. */
  readonly #used = new Map<OpenObject, number>();

  constructor(deps: DescriptorBudgetDeps) {
    this.#deps = deps;
    this.shares = sharesOf(deps.limit, deps.relays);
  }

  /** About how many are open; null where that cannot be told. */
  get open(): number | null {
    return this.#canCount === true ? this.#open + this.#promised : null;
  }

  /**
   * Counts, unless the last count still holds. One who asks does it, and others do not wait for it: a request may be ended in
   * the midst of it.
   */
  async look(): Promise<void> {
    if (this.#isCounting && this.#sinceCountMs() < COUNT_MS) return;
    if (!this.#isDue()) return;
    this.#isCounting = true;
    this.#countedAtMs = this.#deps.nowMs();
    const before = this.#promised;
    try {
      this.#open = await this.#deps.count();
      this.#canCount = true;
      this.#promised -= before;
    } catch {
      // Counting takes a descriptor too: where it could be done before, none is left.
      if (this.#canCount === true) this.#open = this.shares.limit;
      else this.#canCount = false;
    } finally {
      this.#isCounting = false;
    }
  }

  /** Is there room for a viewer? Counts it where there is. Never waits, so that a crowd is refused as fast as it comes. */
  takeViewer(): boolean {
    if (!this.hasRoomForViewer()) return false;
    this.#promised += DESCRIPTORS_A_VIEWER;
    return true;
  }

  hasRoomForViewer(): boolean {
    return this.#canCount === false || this.#wouldFit(DESCRIPTORS_A_VIEWER, this.shares.viewersEnd);
  }

  /** May these hosts be used? Counts those that may have to be opened for it. */
  takeHosts(hosts: readonly HostName[], use: HostUse): boolean {
    return this.#take(hosts, use === "push" ? this.shares.hostsEnd : this.shares.readsEnd);
  }

  /** May a viewer that was let in connect to this relay? Counts it where it may have to be opened for that. */
  takeRelay(relay: RelayName | StreamsName): boolean {
    return this.#take([relay], this.shares.viewersEnd);
  }

  #take(objects: readonly OpenObject[], end: number): boolean {
    if (this.#canCount === false) return true;
    const nowMs = this.#deps.nowMs();
    this.#forgetIdle(nowMs);
    const closed = objects.filter((object) => !this.#used.has(object));
    const more = closed.length * DESCRIPTORS_A_HOST;
    if (more > 0 && !this.#wouldFit(more, end)) return false;
    this.#promised += more;
    for (const object of objects) {
      // Set anew they stand last, so that the ones longest unused stand first.
      this.#used.delete(object);
      this.#used.set(object, nowMs);
    }
    return true;
  }

  #wouldFit(more: number, end: number): boolean {
    return this.#open + this.#promised + more <= end;
  }

  #isDue(): boolean {
    if (this.#sinceCountMs() >= COUNT_MS) return true;
    const free = this.shares.viewersEnd - this.#open;
    return this.#promised > Math.max(free, 0) * COUNT_SHARE && this.hasRoomForViewer();
  }

  /** Infinity where the clock was turned back. */
  #sinceCountMs(): number {
    const sinceMs = this.#deps.nowMs() - this.#countedAtMs;
    return sinceMs < 0 ? Number.POSITIVE_INFINITY : sinceMs;
  }

  #forgetIdle(nowMs: number): void {
    for (const [object, usedMs] of this.#used) {
      if (nowMs >= usedMs && nowMs - usedMs < HOST_IDLE_MS) return;
      this.#used.delete(object);
    }
  }
}
