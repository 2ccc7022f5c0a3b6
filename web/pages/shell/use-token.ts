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

/** The token of this tab: whether another one is asked for, what waits for it, and how many have followed the first. */
export function useToken() {
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
    for (;;) {
      const answer = await ask();
      const isOther = readToken() !== before;
      if (answer.kind !== "unauthorized") {
        if (isOther) renew();
        return answer;
      }
      if (scope !== "read") widest.current = scope;
      const token = await new Promise<string | null>((resolve) => {
        waiting.current?.(null);
        waiting.current = resolve;
        setAsking({ scope, detail: answer.detail });
      });
      // The pages ask with it once it has proved good.
      if (token !== null) keepToken(token);
      else {
        if (!isOther) return answer;
        // What was given and refused is no better than the one of before, which may read.
        if (before === null) dropToken();
        else keepToken(before);
        renew();
        return answer;
      }
    }
  };
  return {
    asking,
    renewals,
    renew() {
      setAsking(null);
      renew();
    },
    settle,
    withToken,
    onUnauthorized(detail?: string) {
      if (waiting.current === null) setAsking({ scope: widest.current, detail });
    },
  };
}
