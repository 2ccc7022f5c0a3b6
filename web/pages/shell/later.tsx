import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A page that is loaded when it is first shown, and how to have it loaded before. */
export interface Later<Props> {
  Page: ComponentType<Props>;
  /** Has it loaded; who opens it then need not wait. */
  prepare(): void;
}

/** A page with a script of its own: what it draws with is no bytes of another page. */
export function later<Module, Props extends object>(
  load: () => Promise<Module>,
  pageOf: (module: Module) => ComponentType<Props>,
): Later<Props> {
  let loaded: ComponentType<Props> | null = null;
  const loading = async () => {
    loaded ??= pageOf(await load());
  };
  return {
    prepare: () => void loading().catch(() => undefined),
    Page(props) {
      const [state, setState] = useState<"loading" | "loaded" | "failed">("loading");
      useEffect(() => {
        if (loaded !== null) return;
        let isOver = false;
        const tell = (next: "loaded" | "failed") => () => {
          if (!isOver) setState(next);
        };
        loading().then(tell("loaded"), tell("failed"));
        return () => {
          isOver = true;
        };
      }, []);
      if (loaded !== null) {
        const Loaded = loaded;
        return <Loaded {...props} />;
      }
      return state === "failed" ? <NotLoaded /> : <div class="page" aria-busy="true" />;
    },
  };
}

/** A browser does not ask again for a script that it did not get: the page must be loaded anew. */
function NotLoaded() {
  return (
    <main class="notice">
      <div class="card" role="alert">
        <h1>This page did not load</h1>
        <p>The server is away, or it has a newer version of the page.</p>
        <button class="button" type="button" onClick={() => window.location.reload()}>
          Load it anew
        </button>
      </div>
    </main>
  );
}
