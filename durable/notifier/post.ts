import type { Clock } from "../clock.ts";

export type Ask = (url: string, init: RequestInit) => Promise<Response>;

/** What became of one attempt. `status`: what the receiver answered, where it did. */
export type PostOutcome =
  | { kind: "delivered"; status: number }
  /** `isGone`: it wants nothing of us any more. */
  | { kind: "failed"; status?: number; why: string; retryAfterMs?: number; isGone: boolean };

const TIMEOUT_MS = 10_000;

/**
 * Posts once. Redirects are not followed, and of the answer nothing but its head is read: neither could lead anywhere that was not
 * judged, nor tell of it.
 */
export async function post(
  { ask, clock }: { ask: Ask; clock: Pick<Clock, "within" | "nowMs"> },
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<PostOutcome> {
  const abort = new AbortController();
  const asked = ask(url, {
    ...{ method: "POST", headers, body, redirect: "manual", signal: abort.signal },
  }).then(judge(clock.nowMs), noConnection);
  if (await clock.within(asked, TIMEOUT_MS)) return asked;
  abort.abort();
  return failed(`no answer within ${TIMEOUT_MS / 1_000} s`);
}

const judge =
  (nowMs: () => number) =>
  async (response: Response): Promise<PostOutcome> => {
    const { status, headers } = response;
    // Where that fails there is nothing to be read either.
    await response.body?.cancel().catch(() => undefined);
    if (status >= 200 && status < 300) return { kind: "delivered", status };
    const retryAfterMs = waitIn(headers.get("retry-after"), nowMs());
    const isRedirect = status >= 300 && status < 400;
    return {
      ...failed(`answered ${status}${isRedirect ? ": redirects are not followed" : ""}`),
      ...{ status, isGone: status === 410 },
      ...(retryAfterMs !== null && { retryAfterMs }),
    };
  };

/** The runtime has many words for it, some of which tell of itself. */
function noConnection(): PostOutcome {
  return failed(
    "no connection: nothing answers, its certificate is not good, or its name leads to no public address",
  );
}

function failed(why: string): PostOutcome & { kind: "failed" } {
  return { kind: "failed", why, isGone: false };
}

/** `Retry-After` in ms, which is seconds or a date (RFC 9110, 10.2.3). */
function waitIn(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const waitMs = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(waitMs) && waitMs > 0 ? waitMs : null;
}
