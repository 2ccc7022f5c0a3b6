import type { Database, Row, Statement } from "../../../src/db/driver/database.ts";

/** A database that answers with these rows, statement by statement, and keeps what it was asked. */
export class RecordingDatabase implements Database {
  /** Each a request: a transaction where it has brackets of its own. */
  readonly requests: { isTransaction: boolean; statements: Statement[] }[] = [];
  readonly #answers: Row[][];

  constructor(answers: readonly (readonly Row[])[] = []) {
    this.#answers = answers.map((rows) => [...rows]);
  }

  query(text: string, params: Statement["params"]): Promise<Row[]> {
    this.requests.push({ isTransaction: false, statements: [{ text, params }] });
    return Promise.resolve(this.#answers.shift() ?? []);
  }

  transaction(statements: readonly Statement[]): Promise<Row[][]> {
    this.requests.push({ isTransaction: true, statements: [...statements] });
    return Promise.resolve(statements.map(() => this.#answers.shift() ?? []));
  }
}
