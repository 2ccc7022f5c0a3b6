import { expect } from "vitest";
import type { RunningProduct } from "../product.ts";

/** Pushes to a route, such as `trades`, and is told that it was taken. */
export async function pushTo(product: RunningProduct, route: string, body: object): Promise<void> {
  const answer = await fetch(`${product.url}/api/${route}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await product.token()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  expect(answer.status, await answer.text()).toBe(202);
}

/** Pushes a trade. */
export function pushTrade(product: RunningProduct, symbol: string, price: number): Promise<void> {
  return pushTo(product, "trades", { symbol, price, size: 1 });
}
