import type { LiveSymbol } from "../../data/market/live-market.ts";
import type { Pasts } from "../../data/symbols/listed-price.ts";
import type { Api } from "../../feed/api.ts";
import type { DeskClock } from "../../feed/clock.ts";
import type { ServerWatch } from "../../feed/symbols/server-watch.ts";
import type { SymbolsView } from "../../feed/symbols/symbols-watch.ts";
import type { ZoneChoice } from "../../feed/zone.ts";
import type { WithToken } from "./use-token.ts";

/** What every page is handed. */
export interface Desk {
  api: Api;
  clock: DeskClock;
  server: ServerWatch;
  symbols: SymbolsView;
  pasts: Pasts;
  /** What the zone of the clock was chosen by, and how to choose another. */
  zone: ZoneChoice;
  onZone(choice: ZoneChoice): void;
  /** Whether the browser shows what fires, and how to choose. */
  notices: { areOn: boolean; choose(areOn: boolean): void };
  /** A stream tells the prices of the list from now on; null: no more. */
  onLivePrices(prices: ReadonlyMap<string, LiveSymbol> | null): void;
  /** Begin anew: a connection that was closed for good does not come back by itself. */
  onReopen(): void;
  /** How many tokens have followed the first: what was refused is asked again with each. */
  renewals: number;
  /** The server wants another token. `detail`: what the one there is may not. */
  onUnauthorized(detail?: string): void;
  /**
   * Has `ask` ask. Where the token does not suffice one of `scope` is asked for, and `ask` asks again with each that is given; the
   * refusal is the answer once none is.
   */
  withToken: WithToken;
  /** The token of this tab is given up, and all that was read with it. */
  onSignOut(): void;
}
