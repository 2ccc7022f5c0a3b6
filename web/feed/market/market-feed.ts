import type { TapeDeps } from "../../../client/deps.ts";
import {
  type LatestStreamOptions,
  openLatestStream,
  type StreamStatus,
} from "../../../client/latest-stream.ts";
import { LiveMarket, type LiveSymbol, MARKET_CHANNELS } from "../../data/market/live-market.ts";

export interface MarketFeedDeps {
  tape: TapeDeps;
  baseUrl: string;
  token?: LatestStreamOptions["token"] | undefined;
}

/** The last values of all symbols over one socket, and who paints them. */
export interface MarketFeed {
  symbols: ReadonlyMap<string, LiveSymbol>;
  /** Whether values come, so that nobody else need be asked for them. */
  isLive(): boolean;
  /** Rooms that cannot be watched: one more than a stream may have, or one that the server has lost. */
  refused: ReadonlySet<string>;
  /** Be called where the symbol has changed; the function it returns ends that. */
  onSymbol(symbol: string, paint: () => void): () => void;
  /** Be called where anything has changed, with the symbols; the function it returns ends that. */
  onChange(notice: (symbols: readonly string[]) => void): () => void;
  close(): void;
}

/** Follows the whole market from now on. */
export function openMarketFeed({ tape, baseUrl, token }: MarketFeedDeps): MarketFeed {
  const market = new LiveMarket();
  const refused = new Set<string>();
  const painters = new Map<string, () => void>();
  const notices = new Set<(symbols: readonly string[]) => void>();
  let status: StreamStatus = { kind: "connecting" };
  const tell = (symbols: readonly string[]) => {
    for (const notice of notices) notice(symbols);
  };
  const latest = openLatestStream(
    {
      ...{ baseUrl, symbols: ["*"], channels: MARKET_CHANNELS },
      ...(token !== undefined && { token }),
      onLatest(message) {
        const changed = market.take(message);
        for (const symbol of changed) {
          refused.delete(symbol);
          painters.get(symbol)?.();
        }
        tell(changed);
      },
      onRefused({ symbol }) {
        if (symbol !== undefined) refused.add(symbol);
      },
      onStatus(now) {
        status = now;
        tell([]);
      },
    },
    tape,
  );
  return {
    ...{ symbols: market.symbols, refused },
    isLive: () => status.kind === "live",
    onSymbol(symbol, paint) {
      painters.set(symbol, paint);
      return () => {
        if (painters.get(symbol) === paint) painters.delete(symbol);
      };
    },
    onChange(notice) {
      notices.add(notice);
      return () => notices.delete(notice);
    },
    close: latest.close,
  };
}
