import { afterAll, expect, it } from "vitest";
import { emptyDataDir, type RunningProduct, startProduct } from "./product.ts";

const SYMBOLS = Array.from({ length: 24 }, (_, at) => `MOVES-${at}`);
const folder = emptyDataDir();
let product: RunningProduct | undefined;

afterAll(async () => {
  await product?.killGroup();
  folder.remove();
});

async function startWith(hosts: number): Promise<RunningProduct> {
  await product?.killGroup();
  product = await startProduct({
    dataDir: folder.dataDir,
    environment: { ROOM_HOSTS: `${hosts}` },
  });
  return product;
}

it("I-6 INV-6 a request that is sent again after symbols moved to other hosts changes nothing and is answered as before, there and back", async () => {
  const sizes = new Map<number, string>();
  /** A request of a trade without an id for each symbol, of which a second one would count. */
  const bodyOf = (size: number) => {
    const body =
      sizes.get(size) ?? JSON.stringify(SYMBOLS.map((symbol) => ({ symbol, price: 1, size })));
    sizes.set(size, body);
    return body;
  };
  /** The cursors of the first answer to each. */
  const answered = new Map<number, unknown>();
  const push = async (to: RunningProduct, size: number, query = "") => {
    const token = await to.token({ subject: "desk" });
    const response = await fetch(`${to.url}/api/trades${query}`, {
      method: "POST",
      headers: {
        ...{ authorization: `Bearer ${token}`, "content-type": "application/json" },
        "idempotency-key": `request-${size}`,
      },
      body: bodyOf(size),
    });
    expect([200, 202]).toContain(response.status);
    const { cursors } = (await response.json()) as { cursors: object };
    expect(Object.keys(cursors)).toHaveLength(SYMBOLS.length);
    expect(cursors).toEqual(answered.get(size) ?? cursors);
    answered.set(size, cursors);
  };
  const held = async (of: RunningProduct) => {
    const all = await Promise.all(
      SYMBOLS.map(async (symbol) => {
        const token = await of.token({ subject: "desk" });
        const headers = { authorization: `Bearer ${token}` };
        const response = await fetch(`${of.url}/api/rooms/${symbol}/events?since=0`, { headers });
        const { events } = (await response.json()) as { events?: { size: number }[] };
        return events?.map(({ size }) => size).join(" ");
      }),
    );
    return [...new Set(all)];
  };
  const settled = (of: RunningProduct, sizes: string) =>
    expect.poll(() => held(of), { interval: 500 }).toEqual([sizes]);

  let tape = await startWith(1);
  for (const size of [1, 2]) await push(tape, size);
  tape = await startWith(3);
  for (const size of [2, 1, 3]) await push(tape, size);
  await settled(tape, "1 2 3");
  tape = await startWith(1);
  for (const [size, query] of [[1, "?wait=stored"], [3], [2], [4, "?wait=stored"]] as const) {
    await push(tape, size, query);
  }
  await settled(tape, "1 2 3 4");
});
