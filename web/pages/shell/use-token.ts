import { useRef, useState } from "preact/hooks";
import type { Answer } from "../../feed/api.ts";
import { dropToken, keepToken, readToken } from "../../feed/token.ts";

/** What a token is to be good for, as the command takes it that makes one. */
export type Scope = "read" | "read write";

/** Has `ask` ask for more than the token may, as `Desk.withToken` says. */
export type WithToken = <T>(scope: Scope, ask: () => Promise<Answer<T>>) => Promise<Answer<T>>;

/** `detail`: what the token there is may not, in the server's words. */
interface Asking {
  scope: Scope;
  detail?: string | undefined;
}

/**
 * The token of this tab: whether another one is asked for, what waits for it, and how many have followed the first. `read` asks for what any token that
 * may read is told.
 */
export function useToken(read: () => Promise<Answer<unknown>>) {
  /** Null: none is asked for. */
  const [asking, setAsking] = useState<Asking | null>(null);
  const [renewals, setRenewals] = useState(0);
  /** Takes the token that was asked for, or null where there will be none. */
  const waiting = useRef<((token: string | null) => void) | null>(null);
  /** Who has written goes on to: the next token is for no less. */
  const widest = useRef<Scope>("read");

  const renew = () => setRenewals((count) => count + 1);
  const settle = (token: string | null) => {
    const take = waiting.current;
    waiting.current = null;
    setAsking(null);
    if (take !== null) return take(token);
    if (token === null) return;
    keepToken(token);
    renew();
  };
  const withToken: WithToken = async (scope, ask) => {
    const before = readToken();
    let answer = await ask();
    while (answer.kind === "unauthorized") {
      const { detail } = answer;
      if (scope !== "read") widest.current = scope;
      const token = await new Promise<string | null>((resolve) => {
        waiting.current?.(null);
        waiting.current = resolve;
        setAsking({ scope, detail });
      });
      if (token === null) break;
      keepToken(token);
      // The pages go on with it: one that may not read would take them away.
      const reading = await read();
      answer = reading.kind === "unauthorized" ? reading : await ask();
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
      settle(null);
      renew();
    },
    settle,
    /** Who waits for a token has left the page it was for. */
    giveUp() {
      if (waiting.current !== null) settle(null);
    },
    withToken,
    onUnauthorized(detail?: string) {
      if (waiting.current === null) setAsking({ scope: widest.current, detail });
    },
  };
}
