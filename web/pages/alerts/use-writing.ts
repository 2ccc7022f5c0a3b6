import { useState } from "preact/hooks";
import type { Answer, Failure } from "../../feed/api.ts";
import type { Desk } from "../shell/desk.ts";
import type { Scope } from "../shell/use-token.ts";

/**
 * What a part of the page has the server do: `write` asks, where it must with another token, and hands on what was answered; `failure`
 * says why the last was not done. One is done at a time.
 */
export function useWriting({ withToken }: Desk) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const [isBusy, setBusy] = useState(false);
  const write = async <T>(
    ask: () => Promise<Answer<T>>,
    take: (value: T) => void,
    scope: Scope = "read write",
  ) => {
    if (isBusy) return;
    setBusy(true);
    const answer = await withToken(scope, ask);
    setBusy(false);
    setFailure(answer.kind === "ok" ? null : answer);
    if (answer.kind === "ok") take(answer.value);
  };
  return { failure, isBusy, write };
}
