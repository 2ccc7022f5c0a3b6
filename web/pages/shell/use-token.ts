import { useRef, useState } from "preact/hooks";
import type { Answer } from "../../feed/api.ts";
import { dropToken, keepToken, readToken } from "../../feed/token.ts";

/** What is wrong with a token that was given, where the server has no words for it. */
export const REFUSED = "The server refused the token it was given.";

/** What a token is to be good for, as the command takes it that makes one. */
export type Scope = "read" | "read write";

/** Has `ask` ask for more than the token may, as `Desk.withToken` says. */
export type WithToken = <T>(scope: Scope, ask: () => Promise<Answer<T>>) => Promise<Answer<T>>;

/** `detail`: what the token there is may not, in the server's words. `isRefused`: so it is of one that was given, and is not kept. */
interface Asking {
  scope: Scope;
  detail?: string | undefined;
  isRefused?: boolean;
}

/**
 * The token of this tab: whether another one is asked for, what waits for it, and how many have followed the first. `read` asks with a token that is
 * not kept yet for what any is told that may read.
 */
export function useToken(read: (token: string) => Promise<Answer<unknown>>) {
  /** Null: none is asked for. */
  const [asking, setAsking] = useState<Asking | null>(null);
  const [renewals, setRenewals] = useState(0);
  /** Takes the token that was asked for, or null where there will be none. */
  const waiting = useRef<((token: string | null) => void) | null>(null);
  /** One was given, and whether it may read is not known yet. */
  const isProving = useRef(false);
  /** Who has written goes on to: the next token is for no less. */
  const widest = useRef<Scope>("read");

  const renew = () => setRenewals((count) => count + 1);
  /** Why the token may not read; null: it may. The pages go on with it, and one that may not would take them away. */
  const refusalOf = async (token: string) => {
    isProving.current = true;
    const reading = await read(token);
    isProving.current = false;
    return reading.kind === "unauthorized" ? reading : null;
  };
  /** `isOverPage`: the form lies over a page that shows something. */
  const settle = async (token: string | null, isOverPage: boolean) => {
    const take = waiting.current;
    waiting.current = null;
    setAsking(null);
    if (take !== null) return take(token);
    if (token === null) return;
    const refusal = isOverPage ? await refusalOf(token) : null;
    if (refusal !== null) {
      const { detail = REFUSED } = refusal;
      return setAsking({ scope: widest.current, detail, isRefused: true });
    }
    keepToken(token);
    renew();
  };
  const withToken: WithToken = async (scope, ask) => {
    const before = readToken();
    let answer = await ask();
    let isRefused = false;
    while (answer.kind === "unauthorized") {
      const { detail } = answer;
      if (scope !== "read") widest.current = scope;
      const token = await new Promise<string | null>((resolve) => {
        waiting.current?.(null);
        waiting.current = resolve;
        setAsking({ scope, detail, isRefused });
      });
      if (token === null) break;
      const refusal = await refusalOf(token);
      if (refusal === null) keepToken(token);
      answer = refusal ?? (await ask());
      isRefused = true;
    }
    if (readToken() === before) return answer;
    // What has not proved good is no better than the one of before, which may read.
    if (answer.kind === "unauthorized" || answer.kind === "failed") {
      if (before === null) dropToken();
      else keepToken(before);
    }
    renew();
    return answer;
  };
  return {
    asking,
    renewals,
    /** There is another token, which nobody was asked for. */
    renew() {
      void settle(null, false);
      renew();
    },
    settle,
    /** Who waits for a token has left the page it was for. */
    giveUp() {
      if (waiting.current !== null) void settle(null, false);
    },
    withToken,
    onUnauthorized(detail?: string) {
      if (waiting.current === null && !isProving.current)
        setAsking({ scope: widest.current, detail });
    },
  };
}
