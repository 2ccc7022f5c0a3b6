import { activeAlerts } from "../../data/market/live-alerts.ts";
import type { MarketFeed } from "../../feed/market/market-feed.ts";
import { AlertLines } from "../alerts/alert-lines.tsx";
import type { Desk } from "../shell/desk.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { useMarketChanges } from "./use-market.ts";

/** Each question goes to every host: what changes meanwhile the stream tells. */
const AGAIN_MS = 60_000;
const PAINT_MS = 500;
const MOST = 8;

/** What fires and what is about to, of all symbols; nothing where nothing does. */
export function MarketAlerts({ desk, market }: { desk: Desk; market: MarketFeed | null }) {
  const { api, clock } = desk;
  useMarketChanges(desk, market, PAINT_MS);
  const { value } = useAnswer(
    desk,
    () => api.alerts(),
    () => AGAIN_MS,
    [api],
  );
  const alerts = activeAlerts(value?.alerts ?? [], market?.symbols ?? new Map());
  return alerts.length === 0 ? null : <AlertLines {...{ alerts, clock }} most={MOST} />;
}
