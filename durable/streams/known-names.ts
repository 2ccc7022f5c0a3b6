import { fewAtOnce } from "../../src/core/limits/few-at-once.ts";
import { matchesGlob } from "../../src/core/placement/glob.ts";
import { type HostName, symbolOf } from "../../src/core/placement/placement.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../../src/protocol/words/symbol.ts";
import type { StreamsPorts } from "./streams-ports.ts";

const A_PAGE = 10_000;

/** The names of all symbols, for patterns: asked of the hosts when the first one comes, and told by them from then on. */
export class KnownNames {
  readonly #ports: Pick<StreamsPorts, "names" | "hostOf">;
  readonly #byHost = new Map<HostName, Set<SymbolName>>();
  #reading: Promise<void> | null = null;
  #isRead = false;

  constructor(ports: Pick<StreamsPorts, "names" | "hostOf">) {
    this.#ports = ports;
  }

  /** By name. Rejects where not every host can be asked. */
  async matching(patterns: readonly string[]): Promise<SymbolName[]> {
    // Of hosts that are being asked some may have answered: they are waited for all.
    if (!this.#isRead || this.#reading !== null) await this.read();
    return this.all()
      .filter((name) => patterns.some((glob) => matchesGlob(glob, name)))
      .sort();
  }

  /** All that are known. */
  all(): SymbolName[] {
    return [...this.#byHost.values()].flatMap((each) => [...each]);
  }

  /** A host says that these have come. */
  met(host: HostName, symbols: readonly SymbolName[]): void {
    const known = this.#byHost.get(host);
    for (const symbol of symbols) known?.add(symbol);
  }

  /** Hosts do not tell of names any more. */
  notTold(): void {
    this.#byHost.clear();
    this.#isRead = false;
  }

  /** Asks every host. */
  read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** No pattern is left: hosts need not tell of names any more. */
  async forget(): Promise<void> {
    const hosts = [...this.#byHost.keys()];
    this.notTold();
    await fewAtOnce(hosts, (host) => this.#ports.names.unwatch(host));
  }

  async #readAll(): Promise<void> {
    const { names } = this.#ports;
    const hosts = await names.hosts();
    await fewAtOnce(hosts, (host) => this.#readOf(host));
    this.#isRead = true;
  }

  async #readOf(host: HostName): Promise<void> {
    const { names, hostOf } = this.#ports;
    const lone = symbolOf(host);
    const known = this.#byHost.get(host) ?? new Set();
    if (lone !== null) {
      // Its name says what it has.
      if (hostOf(lone) === host) this.#byHost.set(host, known.add(lone));
      return;
    }
    await names.watch(host);
    for (let after: SymbolName | "" = ""; ; ) {
      const page: SymbolName[] = await names.after(host, after, A_PAGE);
      for (const name of page) if (hostOf(name) === host) known.add(name);
      const last = page.at(-1);
      if (page.length < A_PAGE || last === undefined) break;
      after = last;
    }
    if (hostOf(SYSTEM_SYMBOL) === host) known.add(SYSTEM_SYMBOL);
    this.#byHost.set(host, known);
  }
}
