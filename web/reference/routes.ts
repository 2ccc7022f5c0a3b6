import type { DescribedRoute } from "./described-route.ts";
import { ALERT_WEBHOOKS } from "./routes/alert-webhooks.ts";
import { ALERTS } from "./routes/alerts.ts";
import { ANALYTICS } from "./routes/analytics.ts";
import { LOGS } from "./routes/logs.ts";
import { OPERATING } from "./routes/operating.ts";
import { ORDERS } from "./routes/orders.ts";
import { OTHER_FORMATS } from "./routes/other-formats.ts";
import { PUSHES } from "./routes/pushes.ts";
import { READS } from "./routes/reads.ts";

/** All routes of the Worker, in the order in which the reference shows them. */
export const ROUTES: readonly DescribedRoute[] = [
  ...PUSHES,
  ...OTHER_FORMATS,
  ...READS,
  ...ORDERS,
  ...LOGS,
  ...ANALYTICS,
  ...ALERT_WEBHOOKS,
  ...ALERTS,
  ...OPERATING,
];
