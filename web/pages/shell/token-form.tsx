import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Scope } from "./use-token.ts";

const WORDS = {
  read: {
    title: "A read token, please",
    why: "This server shows its data to those who hold a token.",
    command: "--scope read",
    go: "Open",
  },
  "read write": {
    title: "A token that may write, please",
    why: "What is set, changed or removed here is for those who hold a token.",
    command: '--scope "read write"',
    go: "Go on",
  },
} satisfies Record<Scope, object>;
/** As JSON Web Tokens are (RFC 7515, 3.1). */
const TOKEN = /^[\w.-]+$/;
const NO_TOKEN =
  "That is no token: one has letters, digits, dots, - and _ alone. Copy it once more.";

/**
 * Asks for a token, where the server wants one; `refusal`: what is wrong with the one there is. Unless `canClose` there is nothing to
 * see without a token. Else the form lies over the page, and can be put away: `onDone` has null then.
 */
export function TokenForm(props: {
  scope: Scope;
  refusal: string | null;
  canClose: boolean;
  onDone(token: string | null): void;
}) {
  const { scope, refusal, canClose, onDone } = props;
  const { title, why, command, go } = WORDS[scope];
  const [typed, setTyped] = useState("");
  const [isNone, setIsNone] = useState(false);
  const token = typed.trim();
  const given = useRef<string | null>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  // Before it is seen: what is pressed at its sight is meant for it.
  useLayoutEffect(() => dialog.current?.showModal(), [canClose]);
  const form = (
    <form
      class={canClose ? "token-form" : "card"}
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        if (token === "") return;
        // A browser would not even send it: as of quotes that a chat has made round.
        if (!TOKEN.test(token)) {
          setTyped("");
          setIsNone(true);
          return;
        }
        given.current = token;
        // Closed, it gives the focus back to what had it.
        if (canClose) dialog.current?.close();
        else onDone(token);
      }}
    >
      <h1 id="token-title">{title}</h1>
      <p>
        {why} Make one where the server runs, with <code>npm run -s token -- {command}</code>. It is
        kept in this tab only.
      </p>
      {(isNone || refusal !== null) && (
        <p class="refused" role="alert">
          {isNone ? NO_TOKEN : refusal}
        </p>
      )}
      <label for="token">Token</label>
      <input
        id="token"
        class="field"
        type="password"
        autocomplete="off"
        spellcheck={false}
        value={typed}
        onInput={(event) => setTyped((event.target as HTMLInputElement).value)}
      />
      <button class="button" type="submit" disabled={token === ""}>
        {go}
      </button>
      {canClose && (
        <button class="button is-quiet" type="button" onClick={() => dialog.current?.close()}>
          Not now
        </button>
      )}
    </form>
  );
  if (!canClose) return <main class="notice">{form}</main>;
  return (
    <dialog
      ref={dialog}
      class="card"
      aria-labelledby="token-title"
      onClose={() => onDone(given.current)}
    >
      {form}
    </dialog>
  );
}
