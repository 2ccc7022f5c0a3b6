import type { Pasts } from "../../data/symbols/listed-price.ts";
import type { Api } from "../../feed/api.ts";
import type { Clock } from "../../feed/clock.ts";
import type { ServerWatch } from "../../feed/symbols/server-watch.ts";
import type { SymbolsView } from "../../feed/symbols/symbols-watch.ts";

/** What every page is handed. */
export interface Desk {
  api: Api;
  clock: Clock;
  server: ServerWatch;
  symbols: SymbolsView;
  pasts: Pasts;
  /** Begin anew: a connection that was closed for good does not come back by itself. */
  onReopen(): void;
  /** The server wants another token. */
  onUnauthorized(): void;
}
