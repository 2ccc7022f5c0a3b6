import { useState } from "preact/hooks";

/** Asks for a read token, where the server wants one; `isRefused`: it has been given one it does not take. */
export function TokenForm(props: { isRefused: boolean; onToken(token: string): void }) {
  const { isRefused, onToken } = props;
  const [token, setToken] = useState("");
  return (
    <main class="notice">
      <form
        class="card"
        onSubmit={(event: SubmitEvent) => {
          event.preventDefault();
          if (token.trim() !== "") onToken(token.trim());
        }}
      >
        <h1>A read token, please</h1>
        <p>
          This server shows its data to those who hold a token. Make one where it runs, with{" "}
          <code>npm run -s token -- --scope read</code>. It is kept in this tab only.
        </p>
        {isRefused && (
          <p class="refused" role="alert">
            The server refused the token it was given.
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
      </form>
    </main>
  );
}
