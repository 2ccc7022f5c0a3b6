import { useLayoutEffect, useRef, useState } from "preact/hooks";

/**
 * Asks for a read token, where the server wants one; `refusal`: what is wrong with the one there is. `onClose` null: there
 * is nothing to see without a token. Else the form lies over the page, and can be put away.
 */
export function TokenForm(props: {
  refusal: string | null;
  onClose: (() => void) | null;
  onToken(token: string): void;
}) {
  const { refusal, onClose, onToken } = props;
  const [token, setToken] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  // Before it is seen: what is pressed at its sight is meant for it.
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const form = (
    <form
      class={onClose === null ? "card" : "token-form"}
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        if (token.trim() !== "") onToken(token.trim());
      }}
    >
      <h1 id="token-title">A read token, please</h1>
      <p>
        This server shows its data to those who hold a token. Make one where it runs, with{" "}
        <code>npm run -s token -- --scope read</code>. It is kept in this tab only.
      </p>
      {refusal !== null && (
        <p class="refused" role="alert">
          {refusal}
        </p>
      )}
      <label for="token">Token</label>
      <input
        id="token"
        class="field"
        type="password"
        autocomplete="off"
        spellcheck={false}
        value={token}
        onInput={(event) => setToken((event.target as HTMLInputElement).value)}
      />
      <button class="button" type="submit" disabled={token.trim() === ""}>
        Open
      </button>
      {onClose !== null && (
        <button class="button is-quiet" type="button" onClick={() => dialog.current?.close()}>
          Not now
        </button>
      )}
    </form>
  );
  if (onClose === null) return <main class="notice">{form}</main>;
  return (
    <dialog ref={dialog} class="card" aria-labelledby="token-title" onClose={onClose}>
      {form}
    </dialog>
  );
}
