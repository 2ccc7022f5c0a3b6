import { startProduct } from "../targets/product.ts";
import { measureQuery, type Timings } from "./measure-query.ts";
import type { StorageDatabase } from "./storage-database.ts";
import { DAY_US, PROBE } from "./tape.ts";

/** `/api/series` of a day of the probe, through the whole product on the data of `database`, whose own endpoint ends. */
export async function measureOverHttp(
  database: StorageDatabase,
  endUs: number,
  rounds: number,
): Promise<Timings> {
  await database.stopEndpoint();
  const product = await startProduct({ where: database.where });
  try {
    const range = { from: String(endUs - DAY_US), to: String(endUs) };
    const url = `http://127.0.0.1:${product.port}/api/series?${new URLSearchParams({ ...PROBE, ...range })}`;
    const ours = async () => {
      const response = await fetch(url, { headers: { authorization: `Bearer ${product.token}` } });
      const text = await response.text();
      if (!response.ok) throw new Error(`/api/series: ${response.status} ${text}`);
      return text.length;
    };
    return (await measureQuery({ what: url, ours }, rounds)).ours;
  } finally {
    await product.stop();
  }
}
