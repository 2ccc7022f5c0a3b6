import { PGlite } from "@electric-sql/pglite";
import {
  type Backend,
  beginText,
  openTransactionError,
  PostgresError,
  type Statement,
  type StatementResult,
  type TransactionOptions,
} from "./backend.ts";
import { makeCluster } from "./make-cluster.ts";
import { closeMessage, executeMessages, parseMessage, readAnswer, syncMessage } from "./wire.ts";

/** Statements kept prepared; the product has a few dozen. */
const PREPARED_MAX = 200;

const SESSION_SETTINGS = [
  // A commit is written to the operating system before it is answered, which is what survives kill -9 of this
  // process. PGlite runs with fsync off, so a power cut is another matter.
  "synchronous_commit=on",
  // A kill can tear an 8 KiB page in two: the write stops between memory pages.
  "full_page_writes=on",
  // A new WAL file need not be filled with zeros first: only its records are ever read.
  "wal_init_zero=off",
  // Prepared statements save the parsing; the plan must know the range that is asked for.
  "plan_cache_mode=force_custom_plan",
  "timezone=UTC",
];

/**
 * PGlite on a folder. It is one session, so every statement waits its turn, and a transaction holds the turn until
 * its end. It speaks the wire protocol with text on both sides.
 *
 * @param folder made if missing; no other process may have it open.
 * @param onBroken called when PGlite has died inside a statement: only a new process, which recovers, helps.
 */
export async function openPglite(folder: string, onBroken: () => void): Promise<Backend> {
  await makeCluster(folder);
  const pg = await PGlite.create(folder, {
    startParams: [
      ...PGlite.defaultStartParams,
      ...SESSION_SETTINGS.flatMap((setting) => ["-c", setting]),
    ],
  });
  return new PgliteBackend(pg, onBroken);
}

class PgliteBackend implements Backend {
  readonly kind = "pglite";
  readonly #pg: PGlite;
  /** Names of prepared statements by their text, least recently used first. */
  readonly #prepared = new Map<string, string>();
  readonly #onBroken: () => void;
  #preparedCount = 0;
  #isInTransaction = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(pg: PGlite, onBroken: () => void) {
    this.#pg = pg;
    this.#onBroken = onBroken;
  }

  run(statement: Statement): Promise<StatementResult> {
    return this.#inTurn(async () => {
      const result = await this.#execute(statement);
      if (!this.#isInTransaction) return result;
      await this.#execute(ROLLBACK);
      throw openTransactionError();
    });
  }

  transaction(
    statements: readonly Statement[],
    options: TransactionOptions,
  ): Promise<StatementResult[]> {
    return this.#inTurn(async () => {
      await this.#execute({ text: beginText(options), params: [] });
      try {
        const results: StatementResult[] = [];
        for (const statement of statements) results.push(await this.#execute(statement));
        await this.#execute({ text: "COMMIT", params: [] });
        return results;
      } catch (error) {
        if (this.#isInTransaction) await this.#execute(ROLLBACK);
        throw error;
      }
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      // PGlite itself leaves the log to be replayed at the next start.
      await this.#execute({ text: "CHECKPOINT", params: [] });
      await this.#pg.close();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #execute(statement: Statement): Promise<StatementResult> {
    const text = withoutTag(statement.text);
    const messages: Buffer[] = [];
    let name = this.#prepared.get(text);
    if (name === undefined) {
      name = this.#newName(messages);
      messages.push(parseMessage(name, text));
    }
    // Taken out while it runs, put back last: the order of the map is the order of use, and a failure forgets it.
    this.#prepared.delete(text);
    messages.push(executeMessages(name, statement.params), syncMessage());
    const result = await this.#exchange(messages);
    if (result instanceof PostgresError) {
      await this.#exchange([closeMessage(name), syncMessage()]);
      throw result;
    }
    this.#prepared.set(text, name);
    return result;
  }

  async #exchange(messages: readonly Buffer[]): Promise<StatementResult | PostgresError> {
    const chunks: Buffer[] = [];
    await this.#pg.execProtocolRawStream(Buffer.concat(messages), {
      syncToFs: false,
      // The chunk is a view of PGlite's own memory.
      onRawData: (chunk) => void chunks.push(Buffer.from(chunk)),
    });
    const { result, isInTransaction } = readAnswer(Buffer.concat(chunks));
    this.#isInTransaction = isInTransaction;
    if (result !== undefined) return result;
    // PGlite swallows what kills it. To take its silence for success would lose what was acknowledged.
    this.#onBroken();
    throw new Error("the embedded database died in the middle of a statement");
  }

  /** A new name, and the message that frees the name which has not been used for longest. */
  #newName(messages: Buffer[]): string {
    const [oldest] = this.#prepared;
    if (oldest !== undefined && this.#prepared.size >= PREPARED_MAX) {
      this.#prepared.delete(oldest[0]);
      messages.push(closeMessage(oldest[1]));
    }
    this.#preparedCount += 1;
    return `edgetape_${this.#preparedCount}`;
  }
}

const ROLLBACK: Statement = { text: "ROLLBACK", params: [] };

/** The statement without its trailing correlation comment, which differs with every request. */
function withoutTag(text: string): string {
  return text.replace(/\s*\/\* correlation_id=[^*]*\*\/$/, "");
}
