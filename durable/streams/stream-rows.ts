import type { HostName } from "../../src/core/placement/placement.ts";
import { type SqlPort, textOf } from "../room/sql-port.ts";
import type { SavedStream } from "./stream/saved-stream.ts";

/** What the object keeps on its disk: what each stream watches, and a number for each host that it has asked. */
export class StreamRows {
  readonly #sql: SqlPort;
  readonly #texts = new Map<number, string>();
  readonly #hosts = new Map<HostName, number>();
  #nextId = 1;

  constructor(sql: SqlPort) {
    this.#sql = sql;
    sql.exec("CREATE TABLE IF NOT EXISTS streams (id INTEGER PRIMARY KEY, stream TEXT NOT NULL)");
    sql.exec("CREATE TABLE IF NOT EXISTS hosts (id INTEGER PRIMARY KEY, host TEXT NOT NULL)");
    for (const row of sql.exec("SELECT id, stream FROM streams")) {
      this.#texts.set(Number(row["id"]), textOf(row["stream"]));
    }
    for (const row of sql.exec("SELECT id, host FROM hosts")) {
      this.#hosts.set(textOf(row["host"]) as HostName, Number(row["id"]));
    }
    // A number is not given again while a row of it is here.
    this.#nextId = 1 + Math.max(0, ...this.#texts.keys());
  }

  nextId(): number {
    this.#nextId += 1;
    return this.#nextId - 1;
  }

  read(id: number): SavedStream | null {
    const text = this.#texts.get(id);
    if (text === undefined) return null;
    // The version before did not say it.
    return { isPacked: false, ...(JSON.parse(text) as Partial<SavedStream>) } as SavedStream;
  }

  /** Writes down what has changed of a stream. */
  save(id: number, stream: SavedStream): void {
    const text = JSON.stringify(stream);
    if (this.#texts.get(id) === text) return;
    this.#texts.set(id, text);
    this.#sql.exec("INSERT OR REPLACE INTO streams (id, stream) VALUES (?, ?)", id, text);
  }

  forget(id: number): void {
    if (this.#texts.delete(id)) this.#sql.exec("DELETE FROM streams WHERE id = ?", id);
  }

  /** Streams of a life that died: none but these is here. */
  keepOnly(ids: ReadonlySet<number>): void {
    for (const id of [...this.#texts.keys()]) if (!ids.has(id)) this.forget(id);
  }

  hostId(host: HostName): number {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const id = 1 + Math.max(0, ...this.#hosts.values());
    this.#hosts.set(host, id);
    this.#sql.exec("INSERT INTO hosts (id, host) VALUES (?, ?)", id, host);
    return id;
  }
}
