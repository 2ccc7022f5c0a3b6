import { deskEvents } from "./market/desk.ts";
import { DeskBook } from "./market/desk-book.ts";
import { INSTRUMENTS, type Instrument } from "./market/instruments.ts";
import type { Market } from "./market/market.ts";
import { pointsAt } from "./market/metrics.ts";
import { positionsAt, positionsBetween } from "./market/positions.ts";
import { HOUR_SECONDS } from "./market/price-path.ts";
import type { MadeTrade } from "./market/trades.ts";
import type { IngestPath } from "./push.ts";
import { pushDesk } from "./push-desk.ts";

export type BackfillDeps = {
  push: (path: IngestPath, events: readonly object[]) => Promise<void>;
  /** Told after each batch, with the number of its events. */
  onPushed: (events: number) => void;
};

const HOUR_US = HOUR_SECONDS * 1e6;
const BATCH_EVENTS = 1_000;
/** Trades a second, over all instruments, that a chart of the past needs; more would only take longer. */
const HISTORY_TRADES_PER_SECOND = 5;
const HISTORY_STEP_US = 15e6;
/** So long back the desk has orders and log lines: of older ones nobody looks at the marks. */
const DESK_US = 15 * 60e6;

/**
 * Pushes what the market did from `fromUs` to `untilUs`. Of a busy market only every so many trades are taken, each
 * with the size of those it stands for: the same ids at the same times as live, so a trade that was pushed before
 * stays as it is.
 */
export async function backfill(
  deps: BackfillDeps,
  market: Market,
  fromUs: number,
  untilUs: number,
): Promise<void> {
  const stride = Math.max(1, Math.round(market.key.tradesPerSecond / HISTORY_TRADES_PER_SECOND));
  const book = new DeskBook(market);
  // Instruments side by side, for they are rooms apart; each one's hours in order, for they are one log.
  const lanes = INSTRUMENTS.map((instrument) =>
    pushBatches(deps, "/api/trades", history(market, instrument, stride, fromUs, untilUs)),
  );
  lanes.push(pushBatches(deps, "/api/metrics", points(book, fromUs, untilUs)));
  lanes.push(pushBatches(deps, "/api/positions", positions(book, fromUs, untilUs)));
  await Promise.all(lanes);
  const deskUs = Math.max(fromUs, untilUs - DESK_US);
  const ofDesk = deskEvents(market, deskUs, untilUs);
  await pushDesk(deps.push, ofDesk);
  if (ofDesk.length > 0) deps.onPushed(ofDesk.length);
}

function* history(
  market: Market,
  instrument: Instrument,
  stride: number,
  fromUs: number,
  untilUs: number,
): Generator<MadeTrade> {
  for (let hour = Math.floor(fromUs / HOUR_US); hour * HOUR_US < untilUs; hour += 1) {
    let index = 0;
    for (const trade of market.hour(instrument, hour)) {
      if (trade.ts >= untilUs) return;
      if (index % stride === 0 && trade.ts >= fromUs) {
        yield { ...trade, size: Number((trade.size * stride).toFixed(instrument.sizeDigits)) };
      }
      index += 1;
    }
  }
}

function* points(book: DeskBook, fromUs: number, untilUs: number): Generator<object> {
  const firstUs = Math.ceil(fromUs / HISTORY_STEP_US) * HISTORY_STEP_US;
  for (let us = firstUs; us < untilUs; us += HISTORY_STEP_US) yield* pointsAt(book, us);
}

/** Whole, however old: a purchase is told from the state before it. */
function* positions(book: DeskBook, fromUs: number, untilUs: number): Generator<object> {
  yield* positionsAt(book, fromUs);
  yield* positionsBetween(book, fromUs + 1, untilUs);
}

async function pushBatches(
  deps: BackfillDeps,
  path: IngestPath,
  events: Iterable<object>,
): Promise<void> {
  let batch: object[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    await deps.push(path, batch);
    deps.onPushed(batch.length);
    batch = [];
  };
  for (const event of events) {
    batch.push(event);
    if (batch.length === BATCH_EVENTS) await flush();
  }
  await flush();
}
