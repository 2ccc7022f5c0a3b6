import { BOOK_STEP_US, BookMaker } from "./market/books.ts";
import { deskEvents } from "./market/desk.ts";
import { DeskBook } from "./market/desk-book.ts";
import type { Market } from "./market/market.ts";
import { pointsAt } from "./market/metrics.ts";
import { positionsBetween } from "./market/positions.ts";
import type { IngestPath } from "./push.ts";
import { pushDesk } from "./push-desk.ts";

export type LiveDeps = {
  push: (path: IngestPath, events: readonly object[]) => Promise<void>;
  nowUs: () => number;
  /** Waits; rejects when the demo is told to end. */
  sleep: (ms: number) => Promise<void>;
  onPushed: (events: number) => void;
};

const TICK_MS = 75;
/** After a long pause (a laptop that slept) the past comes in batches like these. */
const BATCH_EVENTS = 2_000;
const LONGEST_PAUSE_US = 60e6;
const HOUR_US = 3_600e6;

/** Pushes what the market does from `fromUs` on, as it happens, until `sleep` rejects. */
export async function runLive(
  deps: LiveDeps,
  market: Market,
  fromUs: number,
  metricStepUs: number,
): Promise<never> {
  const trades = market.trades(fromUs);
  let next = trades.next().value;
  const books = new BookMaker(market);
  const desk = new DeskBook(market);
  let bookedUs = 0;
  let [deskUs, positionsUs] = [fromUs, fromUs];
  let nextStepUs = Math.ceil(fromUs / metricStepUs) * metricStepUs;
  while (true) {
    const nowUs = deps.nowUs();
    const dueTrades = [];
    while (next.ts <= nowUs && dueTrades.length < BATCH_EVENTS) {
      dueTrades.push(next);
      next = trades.next().value;
    }
    const duePoints = [];
    while (nextStepUs <= nowUs && duePoints.length < BATCH_EVENTS) {
      duePoints.push(...pointsAt(desk, nextStepUs));
      nextStepUs += metricStepUs;
    }
    // Only the newest: a book is what it is now.
    const bookUs = Math.floor(nowUs / BOOK_STEP_US) * BOOK_STEP_US;
    const dueBooks = bookUs > bookedUs ? books.step(bookUs) : [];
    bookedUs = bookUs;
    // What waits for longer than that is passed over, as a desk does not send old orders.
    deskUs = Math.max(deskUs, nowUs - LONGEST_PAUSE_US);
    const dueOfDesk = deskEvents(market, deskUs, nowUs);
    deskUs = nowUs;
    // None is passed over: a purchase is told from the state before it.
    const positionedUs = Math.min(nowUs, positionsUs + HOUR_US);
    const duePositions = [...positionsBetween(desk, positionsUs, positionedUs)];
    positionsUs = positionedUs;
    const pushes: Promise<void>[] = [pushDesk(deps.push, dueOfDesk)];
    if (dueTrades.length > 0) pushes.push(deps.push("/api/trades", dueTrades));
    if (duePoints.length > 0) pushes.push(deps.push("/api/metrics", duePoints));
    if (duePositions.length > 0) pushes.push(deps.push("/api/positions", duePositions));
    if (dueBooks.length > 0) pushes.push(deps.push("/api/books", dueBooks));
    await Promise.all(pushes);
    const due = [dueTrades, duePoints, duePositions, dueBooks, dueOfDesk];
    const pushed = due.reduce((sum, events) => sum + events.length, 0);
    if (pushed > 0) deps.onPushed(pushed);
    const isBehind = next.ts <= nowUs || nextStepUs <= nowUs || positionsUs < nowUs;
    if (!isBehind) await deps.sleep(TICK_MS);
  }
}
