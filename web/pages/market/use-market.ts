import { useEffect, useRef, useState } from "preact/hooks";
import { UNPACKING } from "../../../client/unpack.ts";
import { type MarketFeed, openMarketFeed } from "../../feed/market/market-feed.ts";
import { paced } from "../../feed/paced.ts";
import { tapeDeps } from "../../feed/tape-deps.ts";
import { readToken } from "../../feed/token.ts";
import type { Desk } from "../shell/desk.ts";

/** The market's last values while the page is open, anew with each token; null before the first paint. */
export function useMarket(desk: Desk): MarketFeed | null {
  const [market, setMarket] = useState<MarketFeed | null>(null);
  const { clock, server, onLivePrices, symbols } = desk;
  const listed = useRef(symbols.list);
  listed.current = symbols.list;
  useEffect(() => {
    const feed = openMarketFeed({
      ...{ tape: { ...tapeDeps(clock, server), ...UNPACKING }, baseUrl: window.location.origin },
      token: readToken() ?? undefined,
    });
    const seen = new Set<string>();
    let isLive = false;
    const stop = feed.onChange((changed) => {
      if (feed.isLive() !== isLive) {
        isLive = feed.isLive();
        onLivePrices(isLive ? feed.symbols : null);
      }
      const fresh = changed.filter((symbol) => !seen.has(symbol));
      for (const symbol of fresh) seen.add(symbol);
      // The list has not heard of it yet, and need not wait for its time.
      if (fresh.some((symbol) => !isListed(symbol))) server.retryNow();
    });
    setMarket(feed);
    return () => {
      stop();
      feed.close();
      onLivePrices(null);
    };
  }, [desk.renewals]);
  return market;

  function isListed(name: string): boolean {
    return listed.current.some(({ symbol }) => symbol === name);
  }
}

/** Render the component anew where anything of the market has changed, at most once in `everyMs`. */
export function useMarketChanges(desk: Desk, market: MarketFeed | null, everyMs: number): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    if (market === null) return;
    const repaint = paced(desk.clock, () => setCount((count) => count + 1), everyMs);
    const stop = market.onChange(repaint.ask);
    return () => {
      repaint.stop();
      stop();
    };
  }, [market, everyMs]);
}
