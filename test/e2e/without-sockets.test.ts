import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { browserDeps, type SocketLike, type TapeDeps } from "../../client/deps.ts";
import { type Latest, type LatestOptions, openLatest } from "../../client/latest.ts";
import { until } from "./chaos/until.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";
import { pushTrade } from "./senders/push-to.ts";
import { SocketlessProxy } from "./senders/socketless-proxy.ts";

/** The client of last values behind a proxy that lets no WebSocket through. */
const ENVIRONMENT = { PUBLIC_READ: "false" };
const deps: TapeDeps = {
  ...browserDeps(),
  openSocket: (url, protocols) => new WebSocket(url, protocols) as SocketLike,
};

let folder: ReturnType<typeof temporaryDataDir>;
let product: RunningProduct;
let proxy: SocketlessProxy;
let baseUrl: string;
let latest: Latest;

beforeAll(async () => {
  folder = temporaryDataDir();
  product = await startProduct({ dataDir: folder.dataDir, environment: ENVIRONMENT });
  proxy = new SocketlessProxy(() => product.url);
  baseUrl = await proxy.listen();
});

afterEach(() => {
  latest?.close();
  proxy.letsSocketsThrough = false;
});

afterAll(async () => {
  proxy?.close();
  await product?.killGroup();
  folder.remove();
});

/** Watches, and keeps the last price of each symbol, what was refused, and every status. */
function watch(options: Pick<LatestOptions, "symbols" | "token">) {
  const prices = new Map<string, number>();
  const refused: string[] = [];
  const statuses: string[] = [];
  latest = openLatest(
    {
      ...options,
      baseUrl,
      onLatest({ rooms }) {
        for (const { symbol, events } of rooms) {
          for (const event of events) if (event.kind === "trade") prices.set(symbol, event.price);
        }
      },
      onRefused: ({ symbol, code }) => refused.push(`${symbol} ${code}`),
      onStatus: ({ kind }) => statuses.push(kind),
    },
    deps,
  );
  return { prices, refused, statuses };
}

it("ST-11 INV-2 last values arrive by server-sent events, a kill -9 loses none, and a socket that can be had again is taken", async () => {
  await pushTrade(product, "ACME", 1);
  const token = () => product.token({ scopes: ["read"] });
  const { prices, refused, statuses } = watch({ symbols: ["ACME", "BOND"], token });
  const shows = (acme: number, bond: number) => () =>
    prices.get("ACME") === acme && prices.get("BOND") === bond;
  await until("events are taken", () => latest.status().kind === "by-events");
  await pushTrade(product, "BOND", 2);
  await until("values of both arrive", shows(1, 2));

  // Acknowledged, and dead before anybody comes back to be told of it.
  proxy.cut();
  await Promise.all([pushTrade(product, "ACME", 3), pushTrade(product, "BOND", 4)]);
  await product.killGroup();
  const { port } = product;
  product = await startProduct({ dataDir: folder.dataDir, port, environment: ENVIRONMENT });
  await until("what was acknowledged is told", shows(3, 4));
  await until("events are taken again", () => latest.status().kind === "by-events");
  expect(statuses).not.toContain("live");

  proxy.letsSocketsThrough = true;
  await until("a socket is taken", () => latest.status().kind === "live");
  await pushTrade(product, "ACME", 5);
  await until("values arrive by it", shows(5, 4));
  expect(refused).toEqual([]);
});

it("ST-4 ST-11 a symbol that the token does not cover is refused by events as by a socket, and the others go on", async () => {
  await pushTrade(product, "ACME", 6);
  const token = await product.token({ scopes: ["read"], symbols: ["ACME"] });
  const { prices, refused } = watch({ symbols: ["ACME", "SECRET"], token });
  await until("it is refused by events", () => refused.length > 0);
  await until("the other goes on", () => prices.get("ACME") === 6);
  expect(refused).toEqual(["SECRET forbidden"]);
  proxy.letsSocketsThrough = true;
  await until("a socket is taken", () => latest.status().kind === "live");
  await until("it is refused there too", () => refused.length > 1);
  expect(refused).toEqual(["SECRET forbidden", "SECRET forbidden"]);
});
