import { readFileSync } from "node:fs";
import { portFile } from "../../../dev/data-folder/port-file.ts";
import { keptSecret } from "../../../dev/data-folder/secrets.ts";
import { numberOf } from "./numbered-event.ts";

/** An event as it stands in Postgres. */
export type StoredEvent = { number: number; cursor: number; ordinal: number };

/**
 * Reads the tables themselves, past the Worker: through the database endpoint, with the secret of the data folder.
 */
export class StoredTape {
  readonly #product: () => { dataDir: string };

  constructor(product: () => { dataDir: string }) {
    this.#product = product;
  }

  /** Every row of a symbol, in the order of its log. */
  async events(symbol: string): Promise<StoredEvent[]> {
    const trades = await this.rows(
      `select t.trade_id, t.cursor, t.ordinal from trades_live t
       join symbols y on y.id = t.symbol_id where y.symbol = $1`,
      [symbol],
    );
    const points = await this.rows(
      `select p.value, p.cursor, p.ordinal from points p join series s on s.id = p.series_id
       join symbols y on y.id = s.symbol_id where y.symbol = $1`,
      [symbol],
    );
    const events = [
      ...trades.map(([id = "", cursor, ordinal]) => ({
        number: numberOf({ kind: "trade", id }),
        cursor: Number(cursor),
        ordinal: Number(ordinal),
      })),
      ...points.map(([value, cursor, ordinal]) => ({
        number: Number(value),
        cursor: Number(cursor),
        ordinal: Number(ordinal),
      })),
    ];
    return events.sort((a, b) => a.cursor - b.cursor || a.ordinal - b.ordinal);
  }

  /** How many of the symbol's events there are. */
  async count(symbol: string): Promise<number> {
    const [row] = await this.rows(
      `select (select count(*) from trades_live t join symbols y on y.id = t.symbol_id where y.symbol = $1)
         + (select count(*) from points p join series s on s.id = p.series_id
            join symbols y on y.id = s.symbol_id where y.symbol = $1)`,
      [symbol],
    );
    return Number(row?.[0]);
  }

  async rows(query: string, params: readonly string[]): Promise<string[][]> {
    const { dataDir } = this.#product();
    const port = readFileSync(portFile(dataDir), "utf8");
    const secret = keptSecret(dataDir, "database");
    const answer = await fetch(`http://127.0.0.1:${port}/sql`, {
      method: "POST",
      headers: {
        "neon-connection-string": `postgres://test:${secret}@127.0.0.1/edgetape?application_name=edgetape-writing-prompt`,
        "neon-raw-text-output": "true",
        "neon-array-mode": "true",
      },
      body: JSON.stringify({ query, params }),
    });
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { rows: string[][] }).rows;
  }
}
