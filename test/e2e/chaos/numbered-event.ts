/** An event of a run, as far as its checks look at it. */
export type WireEvent = { kind: string; id?: string; value?: number };

/** A trade that carries its number in its id. */
export function tradeOf(symbol: string, number: number, ts: number | undefined) {
  return {
    ...{ symbol, price: 100 + (number % 50), size: 1, id: `e${number}` },
    ...(ts !== undefined && { ts }),
  };
}

/** A point that carries its number in its value. Its `ts` must be its own in the series (INV-9). */
export function metricOf(symbol: string, number: number, ts: number) {
  return { symbol, metric: "chaos", value: number, ts };
}

/** The number an event was sent with. */
export function numberOf(event: WireEvent): number {
  return event.kind === "trade" ? Number(event.id?.slice(1)) : Number(event.value);
}
