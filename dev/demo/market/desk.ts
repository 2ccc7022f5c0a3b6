import type { OrderStatus } from "../../../src/protocol/words/order-status.ts";
import { INSTRUMENTS, type Instrument } from "./instruments.ts";
import type { Market } from "./market.ts";
import { type MadePosition, positionOf } from "./metrics.ts";
import { randomOf } from "./random.ts";

/** What the desk's services post of their orders. `path` is where; `ts` in integer microseconds. */
export type DeskEvent = {
  path: "/api/orders" | "/api/logs" | "/api/positions" | "/api/notes";
  ts: number;
  event: object;
};

/** The desk sends an order each so often. What it buys with one it sells with the next, and the other way about. */
const ORDER_STEP_US = 3e6;
/** No order lives longer. */
const LONGEST_LIFE_US = 2e6;
/** One in so many is rejected, and one in so many filled in two parts. */
const REJECTED_IN = 25;
const IN_PARTS_IN = 4;
/** An order moves about so much money, in dollars. */
const ORDER_DOLLARS = 20_000;

/** All that happens to the desk's orders with `fromUs <= ts < untilUs`, in time: the same for ever for one market. */
export function deskEvents(market: Market, fromUs: number, untilUs: number): DeskEvent[] {
  const events: DeskEvent[] = [];
  const first = Math.floor((fromUs - LONGEST_LIFE_US) / ORDER_STEP_US);
  for (let number = first; number * ORDER_STEP_US < untilUs; number += 1) {
    for (const event of lifeOf(market, number)) {
      if (event.ts >= fromUs && event.ts < untilUs) events.push(event);
    }
  }
  return events.sort((a, b) => a.ts - b.ts);
}

/** One order from the signal to its end, as the services tell of it. */
function lifeOf(market: Market, number: number): DeskEvent[] {
  const pair = Math.floor(number / 2);
  const isOpening = number % 2 === 0;
  const ofPair = randomOf(`${market.key.seed}/pair/${pair}`);
  const instrument = pick(ofPair());
  const opensWithBuy = ofPair() < 0.5;
  const isRejected = ofPair() * REJECTED_IN < 1;
  // What was never opened is not closed.
  if (isRejected && !isOpening) return [];
  const { symbol, venue, lot } = instrument;
  const random = randomOf(`${market.key.seed}/order/${number}`);
  const side = isOpening === opensWithBuy ? "buy" : "sell";
  const startUs = Math.round(number * ORDER_STEP_US + random() * 5e5);
  const lots = Math.max(2, Math.round(ORDER_DOLLARS / instrument.price / lot));
  const quantity = rounded(lots * lot, instrument.sizeDigits);
  const limit = tick(
    instrument,
    market.price(instrument, startUs) * (side === "buy" ? 1.0004 : 0.9996),
  );
  const id = `D-${number.toString(36)}`;
  const correlationId = `demo-${number.toString(36)}`;
  const events: DeskEvent[] = [];

  const say = (ts: number, service: string, event: string, more: object = {}, level = "info") =>
    events.push({
      path: "/api/logs",
      ts,
      event: { ts, level, service, event, correlation_id: correlationId, symbol, ...more },
    });
  const state = (ts: number, status: OrderStatus, more: object = {}) =>
    events.push({
      path: "/api/orders",
      ts,
      event: {
        ...{ symbol, id, status, side, type: "limit", quantity, price: limit, venue },
        ...{ account: "desk", correlation_id: correlationId, ts, ...more },
      },
    });

  const reason = isOpening ? "mean reversion" : "position closed";
  say(startUs, "strategy", "signal", { side, reason, strength: rounded(random(), 2) });
  const sentUs = startUs + Math.round(300 + random() * 900);
  say(sentUs - 100, "router", "route_chosen", { venue, order: id });
  state(sentUs, "sent");
  const acknowledgedUs = sentUs + Math.round(900 + random() * 3_000);
  if (isRejected) {
    const why = "price band";
    state(acknowledgedUs, "rejected");
    say(acknowledgedUs + 50, "gateway", "order_rejected", { order: id, why }, "error");
    const text = `Order ${id} rejected: ${why}`;
    const ts = acknowledgedUs + 60;
    events.push({ path: "/api/notes", ts, event: { symbol, text, level: "error", id, ts } });
    return events;
  }
  state(acknowledgedUs, "acknowledged");
  const filledUs = acknowledgedUs + Math.round(5e3 + random() * 4e5);
  const paid = tick(instrument, market.price(instrument, filledUs));
  if (random() * IN_PARTS_IN < 1) {
    const partUs = Math.round((acknowledgedUs + filledUs) / 2);
    const filled = rounded(Math.floor(lots / 2) * lot, instrument.sizeDigits);
    state(partUs, "partially_filled", { filled, avg_price: paid });
    const left = rounded(quantity - filled, instrument.sizeDigits);
    say(partUs + 40, "gateway", "partial_fill", { order: id, left }, "warn");
  }
  state(filledUs, "filled", { filled: quantity, avg_price: paid });
  say(filledUs + 40, "gateway", "filled", { order: id, price: paid });
  const base = positionOf(instrument, market.key.seed);
  const opened = opensWithBuy ? quantity : -quantity;
  const position: MadePosition = {
    symbol,
    quantity: rounded(base + (isOpening ? opened : 0), instrument.sizeDigits),
    avg_price: instrument.price,
    account: "desk",
    ts: filledUs + 60,
  };
  events.push({ path: "/api/positions", ts: position.ts, event: position });
  return events;
}

/** By their share of the trades. */
function pick(chance: number): Instrument {
  let left = chance;
  for (const instrument of INSTRUMENTS) {
    left -= instrument.share;
    if (left < 0) return instrument;
  }
  return INSTRUMENTS[0] as Instrument;
}

function tick({ tick: step, priceDigits }: Instrument, price: number): number {
  return rounded(Math.round(price / step) * step, priceDigits);
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
