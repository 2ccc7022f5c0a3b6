import {
  type HostName,
  hasOwnHosts,
  hostOf,
  type Placement,
  symbolOf,
} from "../../src/core/placement/placement.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import { LearnOnce } from "../host/symbols/learn-once.ts";
import type { Placements } from "./placements.ts";

const NAMES_A_PAGE = 1_000;

export interface OwnHostsDeps {
  placements: Placements;
  placement: Placement;
  /** Every symbol that Postgres has something of; rejects while it cannot be read. */
  readStored(): Promise<readonly SymbolName[]>;
  /** The next names of a host, in order; rejects where it cannot be asked. */
  namesAfter(host: HostName, name: SymbolName | "", most: number): Promise<SymbolName[]>;
  nowMs(): number;
  failed(error: unknown): void;
}

/**
 * The hosts of one symbol by the present settings. A host that has a symbol announces itself; of a symbol that has only come to
 * have a host of its own, and that nobody has touched since, Postgres and the host of before alone know.
 */
export class OwnHosts {
  readonly #deps: OwnHostsDeps;
  readonly #learning: LearnOnce;
  #isLearned: boolean;

  constructor(deps: OwnHostsDeps) {
    this.#deps = deps;
    const { placements, placement, nowMs, failed } = deps;
    this.#isLearned = !hasOwnHosts(placement) || placements.isLearned(placement);
    this.#learning = new LearnOnce({
      isLearned: () => this.#isLearned,
      ask: () => this.#learn(),
      ...{ nowMs, failed },
    });
  }

  /** Finds them out, once for these settings; false where that cannot be done now. */
  learn(): Promise<boolean> {
    return this.#learning.learn();
  }

  async #learn(): Promise<void> {
    const { placements, placement, readStored, namesAfter } = this.#deps;
    const add = (names: readonly SymbolName[]) =>
      placements.addOwnHosts(names.map((symbol) => hostOf(symbol, placement)));
    add(await readStored());
    const hosts = placements.allHosts(placement);
    add(hosts.map(symbolOf).filter((symbol) => symbol !== null));
    for (const host of hosts.filter((each) => symbolOf(each) === null)) {
      let after: SymbolName | "" = "";
      for (;;) {
        const names = await namesAfter(host, after, NAMES_A_PAGE);
        add(names);
        after = names.at(-1) ?? after;
        if (names.length < NAMES_A_PAGE) break;
      }
    }
    placements.learned(placement);
    this.#isLearned = true;
  }
}
