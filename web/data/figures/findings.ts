import type { ServerState } from "../../feed/api.ts";
import { formatSpan } from "../words/format.ts";
import { largestOf, sumOf, sumsBy } from "./exposition.ts";
import { type Look, quantileOf, rateOf } from "./since.ts";

/** What is slow or wrong, and what helps: the rules of ops/prometheus/alerts.yml, as far as minutes tell. */
export interface Finding {
  severity: "page" | "warn";
  words: string;
  help: string;
}

const STORING_BEHIND_S = 60;
const ROLLUPS_BEHIND_S = 900;
const SLOW_ACK_S = 1;
const CLOCK_BEHIND_S = 1;
const MOSTLY_FULL = 0.9;
const NEARLY_FULL = 0.8;
/** Refusals that say that the server is short of something, not that a push is wrong. */
const SHORT_OF = ["outbox-full", "storage-full", "busy", "room-overloaded", "too-many-hosts"];

/** `before` null: nothing was looked at before, so what grows is not known. */
export function findingsOf(before: Look | null, now: Look, state: ServerState | null): Finding[] {
  const found: Finding[] = [];
  const page = (words: string, help: string) => found.push({ severity: "page", words, help });
  const warn = (words: string, help: string) => found.push({ severity: "warn", words, help });
  const { figures } = now;
  const grown = (name: string, labels: Record<string, string> = {}) =>
    before === null ? 0 : (rateOf(before, now, name, labels) ?? 0);

  for (const { labels, value } of figures.get("edgetape_runtime_up") ?? []) {
    if (value === 0) {
      page(
        `Runtime ${labels["runtime"]} does not answer`,
        "Its supervisor starts it again by itself; where that goes on, the log says why it ends.",
      );
    }
  }
  for (const { labels, value } of figures.get("edgetape_disk_full") ?? []) {
    if (value === 1) {
      page(
        `The disk of the ${labels["disk"]} is full`,
        "Make room: pushes go on by themselves, and nothing acknowledged is lost.",
      );
    }
  }
  if (state !== null && !state.database.reachable) {
    page(
      "The database does not answer",
      "What is pushed is durable in its rooms and is stored once the database is back.",
    );
  }
  const waitingS = largestOf(figures, "edgetape_outbox_age_seconds") ?? 0;
  if (waitingS > STORING_BEHIND_S) {
    page(
      `Acknowledged events have waited for Postgres for ${formatSpan(waitingS * 1e6)}`,
      "Look at the database. Events are durable in their rooms until their outbox is full.",
    );
  }
  for (const [cause] of sumsBy(figures, "edgetape_refused_requests_total", "cause")) {
    if (SHORT_OF.includes(cause) && grown("edgetape_refused_requests_total", { cause }) > 0) {
      page(`Pushes are refused: ${cause}`, "docs/guides/push.md says of each what helps.");
    }
  }
  if (grown("edgetape_requests_total", { status: "5xx" }) > 0) {
    warn("Some requests fail", "Look in the log for request_failed, by its correlation_id.");
  }
  for (const [use] of sumsBy(figures, "edgetape_database_errors_total", "use")) {
    if (grown("edgetape_database_errors_total", { use }) > 0) {
      warn(`The ${use} meets failures of the database`, "npm run db:doctor says what is wrong.");
    }
  }
  const lagS = largestOf(figures, "edgetape_rollup_lag_seconds") ?? 0;
  if (lagS > ROLLUPS_BEHIND_S) {
    warn(
      `Rollups are ${formatSpan(lagS * 1e6)} behind`,
      "Look in the log for keeping_failed. Queries are right meanwhile, and slower.",
    );
  }
  const ackS = quantileOf(before, now, "edgetape_ack_seconds", 0.99) ?? 0;
  if (before !== null && ackS > SLOW_ACK_S) {
    warn(
      `One push in a hundred takes ${formatSpan(ackS * 1e6)} and more to be durable`,
      "The disk of DATA_DIR is slow or the processors are busy. More RUNTIMES or larger batches help.",
    );
  }
  for (const [reason] of sumsBy(figures, "edgetape_gaps_total", "reason")) {
    if (grown("edgetape_gaps_total", { reason }) > 0) {
      warn(
        `Viewers are told of gaps (${reason})`,
        "unavailable: Postgres could not be read; reset: a log was lost or put back.",
      );
    }
  }
  if (grown("edgetape_slow_viewers_total") > 0) {
    warn(
      "Viewers fall behind",
      "They are closed and come back with their cursors; their network or their page is slow.",
    );
  }
  const open = sumOf(figures, "edgetape_open_descriptors");
  const limit = sumOf(figures, "edgetape_descriptors_limit");
  if (open > MOSTLY_FULL * limit && limit > 0) {
    warn(
      `${open} of ${limit} descriptors are open`,
      "Viewers are refused soon. Raise the hard limit (ulimit -H -n) and start again.",
    );
  }
  const behindS = largestOf(figures, "edgetape_clock_behind_seconds") ?? 0;
  if (behindS > CLOCK_BEHIND_S) {
    warn(
      `The clock is ${formatSpan(behindS * 1e6)} behind the tape`,
      "Let NTP see to it. Cursors never go back.",
    );
  }
  const { bytes = 0, limit_bytes: most = 0 } = state?.database ?? {};
  if (most > 0 && bytes > NEARLY_FULL * most) {
    warn(
      `The database has ${Math.round((bytes / most) * 100)} % of the size it may have`,
      "KEEP_ settings say how long what is kept; the guide on cost has what each takes.",
    );
  }
  return found;
}
