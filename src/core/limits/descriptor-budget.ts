import type { HostName } from "../placement/placement.ts";

/** A connection has two in the runtime, a viewer's as any other. */
const DESCRIPTORS_A_VIEWER = 2;
/** A host's database, its write-ahead log and the index of that, whatever rooms it has. */
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
/** A host that nobody has used for so long is closed by the runtime, in ms. */
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

export function sharesOf(limit: number): DescriptorShares {
  const kept = Math.min(Math.ceil(limit * KEPT.share), KEPT.most);
  const viewersEnd = limit - kept;
  const hostsEnd = limit - Math.ceil(kept * KEPT_BY_HOSTS_SHARE);
  // Whoever reads goes round all hosts at no cost of its own, and must not keep producers out.
  const readsEnd = Math.floor((viewersEnd + hostsEnd) / 2);
  const mostUpTo = (end: number, each: number) => Math.max(0, Math.floor((end - OWN) / each));
  return {
    ...{ limit, viewersEnd, readsEnd, hostsEnd },
    viewers: mostUpTo(viewersEnd, DESCRIPTORS_A_VIEWER),
    hosts: mostUpTo(hostsEnd, DESCRIPTORS_A_HOST),
  };
}

export interface DescriptorBudgetDeps {
  limit: number;
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
  /** Hosts that are surely open, and when they were used last. */
  readonly #hosts = new Map<HostName, number>();

  constructor(deps: DescriptorBudgetDeps) {
    this.#deps = deps;
    this.shares = sharesOf(deps.limit);
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
    if (this.#canCount === false) return true;
    const end = use === "push" ? this.shares.hostsEnd : this.shares.readsEnd;
    const nowMs = this.#deps.nowMs();
    this.#forgetIdle(nowMs);
    const closed = hosts.filter((host) => !this.#hosts.has(host));
    const more = closed.length * DESCRIPTORS_A_HOST;
    if (more > 0 && !this.#wouldFit(more, end)) return false;
    this.#promised += more;
    for (const host of hosts) {
      // Set anew they stand last, so that the ones longest unused stand first.
      this.#hosts.delete(host);
      this.#hosts.set(host, nowMs);
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
    for (const [symbol, usedMs] of this.#hosts) {
      if (nowMs >= usedMs && nowMs - usedMs < HOST_IDLE_MS) return;
      this.#hosts.delete(symbol);
    }
  }
}
