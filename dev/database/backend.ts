/** Values travel as Postgres text in both directions, so nothing is converted on the way. */
export type TextValue = string | null;

export interface Statement {
  text: string;
  params: readonly TextValue[];
}

/** A column of an answer, as Neon's HTTP protocol describes it. */
export interface ResultField {
  name: string;
  dataTypeID: number;
  tableID: number;
  columnID: number;
  dataTypeSize: number;
  dataTypeModifier: number;
}

export interface StatementResult {
  fields: ResultField[];
  rows: TextValue[][];
  /** First word of the command tag: `SELECT`, `INSERT`, ... */
  command: string;
  /** Null where the command tag carries no count. */
  rowCount: number | null;
}

export interface TransactionOptions {
  isolationLevel?: IsolationLevel;
  readOnly: boolean;
  deferrable: boolean;
}

export type IsolationLevel =
  | "ReadUncommitted"
  | "ReadCommitted"
  | "RepeatableRead"
  | "Serializable";

/**
 * What a connection is for. Each kind has connections of its own, so the writer and the keeper never wait for a reader;
 * a statement of a reader ends after some seconds. One at a prompt may take as long as the person there waits; a prompt whose
 * statements may write has another role than one whose statements only read.
 */
export const CONNECTION_USES = ["reader", "writer", "keeper", "prompt", "writing-prompt"] as const;
export type ConnectionUse = (typeof CONNECTION_USES)[number];

export interface Call {
  /** Without it the keeper's, which has no limit of time. */
  use?: ConnectionUse;
  /** Cancels the statement: nobody waits for its answer any more. */
  signal?: AbortSignal;
}

/** A Postgres behind the endpoint. Failures of SQL reject with {@link PostgresError}; anything else is the backend's own. */
export interface Backend {
  run(statement: Statement, call?: Call): Promise<StatementResult>;
  /** All or nothing. */
  transaction(
    statements: readonly Statement[],
    options: TransactionOptions,
    call?: Call,
  ): Promise<StatementResult[]>;
  close(): Promise<void>;
}

/** The fields of an error report of Postgres (https://www.postgresql.org/docs/current/protocol-error-fields.html). */
export interface PostgresErrorFields {
  message: string;
  severity?: string | undefined;
  code?: string | undefined;
  detail?: string | undefined;
  hint?: string | undefined;
  position?: string | undefined;
  internalPosition?: string | undefined;
  internalQuery?: string | undefined;
  where?: string | undefined;
  schema?: string | undefined;
  table?: string | undefined;
  column?: string | undefined;
  dataType?: string | undefined;
  constraint?: string | undefined;
  file?: string | undefined;
  line?: string | undefined;
  routine?: string | undefined;
}

export class PostgresError extends Error {
  readonly fields: PostgresErrorFields;
  constructor(fields: PostgresErrorFields) {
    super(fields.message);
    this.name = "PostgresError";
    this.fields = fields;
  }
}

/** One request is one transaction: a statement that left one open would take later requests into it. */
export function openTransactionError(): PostgresError {
  return new PostgresError({
    message: "a transaction must be sent as one batch: it has been rolled back",
    severity: "ERROR",
    code: "25000",
  });
}

/** `BEGIN` with the options of a batch. */
export function beginText(options: TransactionOptions): string {
  const words = ["BEGIN"];
  if (options.isolationLevel !== undefined) {
    words.push("ISOLATION LEVEL", ISOLATION_WORDS[options.isolationLevel]);
  }
  if (options.readOnly) words.push("READ ONLY");
  if (options.deferrable) words.push("DEFERRABLE");
  return words.join(" ");
}

const ISOLATION_WORDS: Record<IsolationLevel, string> = {
  ReadUncommitted: "READ UNCOMMITTED",
  ReadCommitted: "READ COMMITTED",
  RepeatableRead: "REPEATABLE READ",
  Serializable: "SERIALIZABLE",
};
