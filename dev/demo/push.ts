import * as z from "zod";

/** Where events are posted. */
export type IngestPath =
  | "/api/trades"
  | "/api/metrics"
  | "/api/positions"
  | "/api/books"
  | "/api/orders"
  | "/api/notes"
  | "/api/logs"
  | "/api/bars";

export type PushDeps = {
  fetch: typeof fetch;
  /** Waits; rejects when the program is told to end. */
  sleep: (ms: number) => Promise<void>;
  /** Given up after so many attempts; absent: never. */
  mostAttempts?: number;
  random: () => number;
  /** A new key for each batch; its retries carry the same. */
  newKey: () => string;
  /** Told before each wait, and with undefined when things are well again. */
  onTrouble: (trouble: { why: string; waitMs: number } | undefined) => void;
};

export type PushTarget = { url: string; token: string };

/** What the server said of a batch that it will never take. `path` as in its problem document: `[3].price`. */
export class RefusedError extends Error {
  readonly issues: readonly { path: string; message: string }[];

  constructor(message: string, issues: readonly { path: string; message: string }[]) {
    super(message);
    this.issues = issues;
  }
}

const problemSchema = z.object({
  title: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
});

/** Backoff with full jitter, as the design has it. In ms. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** An answer that takes longer is lost. In ms. */
const ANSWER_TIMEOUT_MS = 30_000;

/**
 * Posts one batch and resolves when it is durable. Where the server is away, busy (503, 429) or broken it tries again
 * and again, with the same Idempotency-Key, so that a batch counts once whatever happened to the answers. Rejects with
 * {@link RefusedError} where trying again cannot help.
 */
export async function push(
  deps: PushDeps,
  target: PushTarget,
  path: IngestPath,
  events: readonly object[],
): Promise<void> {
  const key = deps.newKey();
  const body = JSON.stringify(events);
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await attemptOnce(deps, target, path, key, body);
    switch (outcome.kind) {
      case "accepted":
        if (attempt > 0) deps.onTrouble(undefined);
        return;
      case "refused":
        throw outcome.error;
      case "later": {
        if (attempt + 1 >= (deps.mostAttempts ?? Number.POSITIVE_INFINITY)) {
          throw new Error(`${outcome.why}, at ${attempt + 1} attempts: given up`);
        }
        const backoffMs = deps.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
        const waitMs = Math.max(outcome.notBeforeMs, backoffMs);
        deps.onTrouble({ why: outcome.why, waitMs });
        await deps.sleep(waitMs);
      }
    }
  }
}

type Outcome =
  | { kind: "accepted" }
  | { kind: "later"; why: string; notBeforeMs: number }
  | { kind: "refused"; error: RefusedError };

async function attemptOnce(
  deps: PushDeps,
  target: PushTarget,
  path: IngestPath,
  key: string,
  body: string,
): Promise<Outcome> {
  let response: Response;
  let text: string;
  try {
    response = await deps.fetch(`${target.url}${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${target.token}`,
        "content-type": "application/json",
        "idempotency-key": key,
      },
      body,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    return { kind: "later", why: networkWords(error), notBeforeMs: 0 };
  }
  if (response.ok) return { kind: "accepted" };
  if (response.status >= 500 || response.status === 429 || response.status === 408) {
    const seconds = Number(response.headers.get("retry-after") ?? 0);
    return {
      kind: "later",
      why: `the server answers ${response.status}`,
      notBeforeMs: Number.isFinite(seconds) ? seconds * 1_000 : 0,
    };
  }
  return { kind: "refused", error: refusal(response.status, text) };
}

function refusal(status: number, text: string): RefusedError {
  try {
    const problem = problemSchema.parse(JSON.parse(text));
    return new RefusedError(`${status} ${problem.title}: ${problem.detail}`, problem.errors);
  } catch {
    return new RefusedError(`${status} ${text.slice(0, 200)}`, []);
  }
}

/** What is wrong with the network in few words: fetch itself says "fetch failed" and no more. */
function networkWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}
