import * as z from "zod";

/** An answer as Postgres gave it, all of it text. */
export interface SqlAnswer {
  fields: { name: string; typeId: number }[];
  rows: (string | null)[][];
  /** `SELECT`, `INSERT`, ... */
  command: string;
  /** Null for a command that counts nothing. */
  rowCount: number | null;
}

/** What Postgres says of a statement that failed; `position` counts characters of it, from 1. */
export interface SqlError {
  severity: string;
  code: string;
  message: string;
  detail: string | undefined;
  hint: string | undefined;
  position: number | undefined;
}

export type SqlOutcome =
  | { kind: "answer"; answer: SqlAnswer }
  | { kind: "refused"; error: SqlError };

const answerSchema = z.object({
  fields: z.array(z.object({ name: z.string(), dataTypeID: z.number() })),
  rows: z.array(z.array(z.string().nullable())),
  command: z.string().default(""),
  rowCount: z.number().nullable().default(null),
});
const said = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined);
const errorSchema = z.object({
  message: z.string(),
  severity: z
    .string()
    .nullish()
    .transform((text) => text ?? "ERROR"),
  code: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  ...{ detail: said, hint: said },
  position: z.coerce
    .number()
    .nullish()
    .transform((at) => at || undefined),
});

export interface SqlDoor {
  /** With the secret as its password. */
  url: string;
  /** Absent: Neon's own. */
  endpoint: string | undefined;
  fetch: typeof fetch;
  /** Gives the statement up, and the database does too. */
  signal?: AbortSignal;
}

/** SQLSTATE read_only_sql_transaction */
export const READ_ONLY = "25006";
/** SQLSTATE insufficient_privilege */
const NO_RIGHT = "42501";

/**
 * A transaction that only reads lets COPY start programs and write files of the server. The roles of the embedded database may do
 * neither, but that of another database may be a superuser.
 */
const COPY = /^(\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*copy\b/i;
const COPY_REFUSED: SqlError = {
  ...{ severity: "ERROR", code: READ_ONLY, message: "COPY can start programs and write files" },
  ...{ detail: undefined, hint: "A SELECT prints the same rows.", position: undefined },
};

/**
 * One statement over Neon's HTTP protocol, in a transaction of its own, which only reads unless `canWrite`. Not by the driver, which
 * turns rows into objects: here columns keep their order, and values are what Postgres wrote. An endpoint of our own runs it on
 * a connection for prompts, without the limit of time that readers have.
 *
 * @throws where the database cannot be reached, and when the signal says so.
 */
export async function askSql(door: SqlDoor, text: string, canWrite: boolean): Promise<SqlOutcome> {
  if (!canWrite && COPY.test(text)) return { kind: "refused", error: COPY_REFUSED };
  const url = new URL(door.url);
  url.searchParams.set("application_name", `edgetape-${canWrite ? "writing-prompt" : "prompt"}`);
  const response = await door.fetch(door.endpoint ?? neonEndpoint(door.url), {
    method: "POST",
    ...(door.signal === undefined ? {} : { signal: door.signal }),
    headers: {
      "content-type": "application/json",
      "neon-connection-string": url.href,
      "neon-raw-text-output": "true",
      "neon-array-mode": "true",
      ...(canWrite ? {} : { "neon-batch-read-only": "true" }),
    },
    body: JSON.stringify(
      canWrite ? { query: text, params: [] } : { queries: [{ query: text, params: [] }] },
    ),
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) {
    const results = canWrite ? answerSchema.array().length(1).parse([body]) : batchOf(body);
    const [{ fields, ...rest }] = results as [z.infer<typeof answerSchema>];
    const named = fields.map(({ name, dataTypeID }) => ({ name, typeId: dataTypeID }));
    return { kind: "answer", answer: { fields: named, ...rest } };
  }
  const error = errorSchema.safeParse(body);
  if (response.status === 400 && error.success) {
    return { kind: "refused", error: canWrite ? error.data : ofReading(error.data) };
  }
  throw new Error(error.success ? error.data.message : `it answers ${response.status}`);
}

/** A role that may read all views is refused one for writing into it, before anybody looks at the transaction. */
function ofReading(error: SqlError): SqlError {
  const isView = error.code === NO_RIGHT && error.message.startsWith("permission denied for view");
  return isView ? { ...error, code: READ_ONLY } : error;
}

function batchOf(body: unknown) {
  return z.object({ results: answerSchema.array().length(1) }).parse(body).results;
}

/** Where Neon answers for a host: https://neon.com/docs/serverless/serverless-driver. */
function neonEndpoint(url: string): string {
  return `https://${new URL(url).hostname.replace(/^[^.]+\./, "api.")}/sql`;
}
