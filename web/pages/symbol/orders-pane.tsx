import type { OrdersAnswer } from "../../../src/protocol/answers/orders.ts";
import type { OrderEvent } from "../../../src/protocol/events/order.ts";
import type { OrderStatus } from "../../../src/protocol/words/order-status.ts";
import { pathOfTrace } from "../../data/route.ts";
import { newestOf } from "../../data/tables/orders.ts";
import { timeText } from "../../data/times/times.ts";
import { type Digits, digitsOf, grouped } from "../../data/words/digits.ts";
import { formatMoment, formatPrice, formatSize } from "../../data/words/format.ts";
import { DIRTY } from "../../feed/dirty.ts";
import { Painted } from "../painted.ts";
import { Link } from "../shell/link.tsx";
import { type SymbolView, useRepaint } from "./symbol-view.ts";

/** A busy desk sends many a second. */
const REPAINT_MS = 250;
const COLUMNS = ["Order", "Size", "Price", "Status", "Time"];
/** Words that the column has no place for, which is as wide for all. */
const SHORT: { [status in OrderStatus]?: string } = {
  acknowledged: "acked",
  partially_filled: "partial",
};

/** The orders of a symbol, those that began last first, each leading to its trace. Nothing where there is none. */
export function OrdersPane({ view }: { view: SymbolView }) {
  useRepaint(view, DIRTY.orders, REPAINT_MS);
  const { held, total, hasMore, more } = view.feed.orders;
  const orders = held().map(newestOf);
  if (orders.length === 0) return null;
  const { zone, nowMs } = view.clock;
  const sizes = digitsOf(orders.flatMap(({ quantity, filled }) => [quantity ?? 0, filled ?? 0]));
  const prices = digitsOf(orders.flatMap(({ avg_price, price }) => [avg_price ?? price ?? 0]));
  // Texts are as old as the minute at most, of which an order may come to be a day old.
  const look = JSON.stringify([sizes, prices, zone, Math.floor(nowMs() / 60_000)]);
  /** Of 2,000 orders few have changed. */
  const rowOf = (order: OrderEvent) => (
    <Painted key={`${order.venue} ${order.account} ${order.id}`} of={[order, look]}>
      {() => (
        <tr data-testid="order-row">
          <th scope="row">
            <Id order={order} />
          </th>
          <td class={`number ${sideClass(order)}`}>
            {formatSize(order.filled ?? order.quantity ?? 0, sizes)}
          </td>
          <td class="number">{priceWords(order, prices)}</td>
          <td class={`status is-${order.status}`} title={order.status.replace("_", " ")}>
            {SHORT[order.status] ?? order.status}
          </td>
          <td class="number dim" title={timeText("dateExactClock", order.ts / 1_000, zone)}>
            {formatMoment(order.ts, nowMs(), zone, "minute")}
          </td>
        </tr>
      )}
    </Painted>
  );
  return (
    <section class="orders-pane" aria-labelledby="orders-title">
      <h2 id="orders-title">
        Orders <span>{countWords(orders.length, total())}</span>
      </h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and without a mouse only what has the focus does */}
      <div class="order-list" tabIndex={0}>
        <table>
          <thead class="sr-only">
            <tr>
              {COLUMNS.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{orders.map(rowOf)}</tbody>
        </table>
        {hasMore() && (
          <button class="button is-quiet" type="button" onClick={more}>
            More
          </button>
        )}
      </div>
    </section>
  );
}

function countWords(shown: number, total: OrdersAnswer["total"] | null): string {
  if (total === null) return grouped(shown, 0);
  const most = total.kind === "at_least" ? "more than " : "";
  return `the newest ${grouped(shown, 0)} of ${most}${grouped(total.count, 0)}`;
}

function Id({ order: { id, correlation_id: correlationId } }: { order: OrderEvent }) {
  if (correlationId === undefined) return <>{id}</>;
  return (
    <Link to={pathOfTrace(correlationId)} class="in-text" label={`${id}: its trace`}>
      {id}
    </Link>
  );
}

function priceWords(order: OrderEvent, digits: Digits): string {
  const price = order.avg_price ?? order.price;
  return price === undefined ? "—" : formatPrice(price, digits);
}

function sideClass({ side }: OrderEvent): string {
  if (side === undefined) return "";
  return side === "buy" ? "is-up" : "is-down";
}
