import { mkdirSync } from "node:fs";
import { PGlite, protocol } from "@electric-sql/pglite";
import {
  type Backend,
  beginText,
  PostgresError,
  parseCommandTag,
  type ResultField,
  type Statement,
  type StatementResult,
  type TextValue,
} from "./backend.ts";
import { bindMessage } from "./wire.ts";

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
 */
export async function openPglite(folder: string): Promise<Backend> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pg = await PGlite.create(folder, {
    startParams: [
      ...PGlite.defaultStartParams,
      ...SESSION_SETTINGS.flatMap((setting) => ["-c", setting]),
    ],
  });
  return new PgliteBackend(pg);
}

class PgliteBackend implements Backend {
  readonly kind = "pglite";
  readonly #pg: PGlite;
  /** Names of prepared statements by their text, least recently used first. */
  readonly #prepared = new Map<string, string>();
  #preparedCount = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(pg: PGlite) {
    this.#pg = pg;
  }

  run(statement: Statement): Promise<StatementResult> {
    return this.#inTurn(async () => {
      const result = await this.#execute(statement);
      if (this.#pg.isInTransaction()) {
        await this.#execute({ text: "ROLLBACK", params: [] });
        throw new PostgresError({
          message: "a transaction must be sent as one batch: it has been rolled back",
          severity: "ERROR",
          code: "25000",
        });
      }
      return result;
    });
  }

  transaction(
    statements: readonly Statement[],
    options: Parameters<Backend["transaction"]>[1],
  ): Promise<StatementResult[]> {
    return this.#inTurn(async () => {
      await this.#execute({ text: beginText(options), params: [] });
      try {
        const results: StatementResult[] = [];
        for (const statement of statements) results.push(await this.#execute(statement));
        await this.#execute({ text: "COMMIT", params: [] });
        return results;
      } catch (error) {
        if (this.#pg.isInTransaction()) await this.#execute({ text: "ROLLBACK", params: [] });
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
    const { serialize } = protocol;
    const messages: Uint8Array[] = [];
    let name = this.#prepared.get(text);
    if (name === undefined) {
      name = this.#newName(messages);
      messages.push(serialize.parse({ name, text }));
    }
    // Taken out while it runs, put back last: the order of the map is the order of use, and a failure forgets it.
    this.#prepared.delete(text);
    messages.push(
      bindMessage(name, statement.params),
      serialize.describe({ type: "P" }),
      serialize.execute({}),
      serialize.sync(),
    );
    let answers: Awaited<ReturnType<PGlite["execProtocolStream"]>>;
    try {
      answers = await this.#pg.execProtocolStream(Buffer.concat(messages), { syncToFs: false });
    } catch (error) {
      const close = [serialize.close({ type: "S", name }), serialize.sync()];
      await this.#pg.execProtocolStream(Buffer.concat(close), { syncToFs: false });
      throw error instanceof protocol.messages.DatabaseError ? asPostgresError(error) : error;
    }
    this.#prepared.set(text, name);
    return readAnswers(answers);
  }

  /** A new name, and the messages that free the name which has not been used for longest. */
  #newName(messages: Uint8Array[]): string {
    if (this.#prepared.size >= PREPARED_MAX) {
      const [oldest] = this.#prepared;
      if (oldest !== undefined) {
        this.#prepared.delete(oldest[0]);
        messages.push(protocol.serialize.close({ type: "S", name: oldest[1] }));
      }
    }
    this.#preparedCount += 1;
    return `edgetape_${this.#preparedCount}`;
  }
}

/** The statement without its trailing correlation comment, which differs with every request. */
function withoutTag(text: string): string {
  return text.replace(/\s*\/\* correlation_id=[^*]*\*\/$/, "");
}

type Answer = Awaited<ReturnType<PGlite["execProtocolStream"]>>[number];

function readAnswers(answers: readonly Answer[]): StatementResult {
  let fields: ResultField[] = [];
  const rows: TextValue[][] = [];
  let tag = "";
  for (const answer of answers) {
    if (answer instanceof protocol.messages.RowDescriptionMessage) {
      fields = answer.fields.map(asField);
    } else if (answer instanceof protocol.messages.DataRowMessage) {
      rows.push(answer.fields);
    } else if (answer instanceof protocol.messages.CommandCompleteMessage) {
      tag = answer.text;
    }
  }
  return { fields, rows, ...parseCommandTag(tag) };
}

function asField(field: ResultField): ResultField {
  const { name, dataTypeID, tableID, columnID, dataTypeSize, dataTypeModifier } = field;
  return { name, dataTypeID, tableID, columnID, dataTypeSize, dataTypeModifier };
}

function asPostgresError(error: InstanceType<typeof protocol.messages.DatabaseError>) {
  const { message, severity, code, detail, hint, position, internalPosition, internalQuery } =
    error;
  const { where, schema, table, column, dataType, constraint, file, line, routine } = error;
  return new PostgresError({
    ...{ message, severity, code, detail, hint, position, internalPosition, internalQuery },
    ...{ where, schema, table, column, dataType, constraint, file, line, routine },
  });
}
