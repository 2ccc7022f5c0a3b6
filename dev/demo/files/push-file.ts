import { type IngestPath, RefusedError } from "../push.ts";
import { BadRowError, type FileRow } from "./file-row.ts";

export type PushFileDeps = {
  push: (path: IngestPath, events: readonly object[]) => Promise<void>;
  onPushed: (events: number) => void;
  /** Most events of a batch; absent: 1,000. */
  batchEvents?: number;
};

const BATCH_EVENTS = 1_000;
/** Well under the 1 MiB a request may hold, in characters of JSON. */
const BATCH_CHARACTERS = 400_000;

/**
 * Pushes rows in their order, in batches, and resolves with their number. Memory holds one batch. Where the server
 * refuses a batch, the error names the line and the field of the file; what came before it is in.
 */
export async function pushFile(deps: PushFileDeps, rows: AsyncIterable<FileRow>): Promise<number> {
  const { batchEvents = BATCH_EVENTS } = deps;
  let batch: FileRow[] = [];
  let characters = 0;
  let pushed = 0;
  const flush = async () => {
    const [first] = batch;
    if (first === undefined) return;
    await pushRows(deps, first.path, batch);
    pushed += batch.length;
    deps.onPushed(batch.length);
    batch = [];
    characters = 0;
  };
  for await (const row of rows) {
    const isOther = batch[0] !== undefined && batch[0].path !== row.path;
    if (isOther || batch.length === batchEvents || characters > BATCH_CHARACTERS) await flush();
    batch.push(row);
    characters += JSON.stringify(row.event).length;
  }
  await flush();
  return pushed;
}

async function pushRows(
  deps: PushFileDeps,
  path: IngestPath,
  rows: readonly FileRow[],
): Promise<void> {
  try {
    await deps.push(
      path,
      rows.map((row) => row.event),
    );
  } catch (error) {
    throw error instanceof RefusedError ? (atLine(error, rows) ?? error) : error;
  }
}

/** The refusal of one event (`[3].price`, or `[3]`) said of its line. */
function atLine(error: RefusedError, rows: readonly FileRow[]): BadRowError | undefined {
  for (const { path, message } of error.issues) {
    const match = /^\[(\d+)\](?:\.(.+))?$/.exec(path);
    const row = match === null ? undefined : rows[Number(match[1])];
    if (row !== undefined) return new BadRowError(row.line, match?.[2], message);
  }
  return undefined;
}
