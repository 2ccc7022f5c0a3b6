import { feedAges } from "../../data/market/feed-ages.ts";
import { pathOfSymbol } from "../../data/route.ts";
import { formatAge } from "../../data/words/format.ts";
import type { MarketFeed } from "../../feed/market/market-feed.ts";
import type { Desk } from "../shell/desk.ts";
import { Link } from "../shell/link.tsx";

/** More are told by their number. */
const NAMED = 3;

/** How many feeds go on, and which have fallen silent. */
export function FeedsCard({ desk, market }: { desk: Desk; market: MarketFeed | null }) {
  const { clock, symbols } = desk;
  const nowMs = clock.nowMs();
  const feeds = symbols.list.map(({ symbol, last_event }) => {
    const eventUs = Math.max(market?.symbols.get(symbol)?.eventUs ?? 0, last_event ?? 0);
    return { symbol, eventUs: eventUs === 0 ? null : eventUs };
  });
  const { fresh, silent } = feedAges(feeds, nowMs);
  const cutOff = market?.refused.size ?? 0;
  return (
    <li data-testid="desk-card" data-title="Feeds">
      <h2>Feeds</h2>
      <b class="figure">
        {fresh} of {fresh + silent.length}
      </b>
      <span />
      <p class="dim">
        {silent.length === 0 ? "none silent for a minute" : "silent: "}
        {silent.slice(0, NAMED).map(({ symbol, eventUs }, i) => (
          <span key={symbol}>
            {i > 0 && ", "}
            <Link to={pathOfSymbol(symbol)} class="in-text">
              {symbol}
            </Link>{" "}
            {formatAge(nowMs - eventUs / 1_000)}
          </span>
        ))}
        {silent.length > NAMED && ` and ${silent.length - NAMED} more`}
        {cutOff > 0 && `; ${cutOff} not on the stream`}
      </p>
    </li>
  );
}
