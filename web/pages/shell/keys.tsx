import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { navigate } from "./link.tsx";
import { PLACES } from "./places.ts";
import { isTyping } from "./symbol-search.tsx";

/** After `g` the key of a place is awaited so long, in ms. */
const SECOND_KEY_MS = 1_500;

/** Keys that hold on every page, and what `?` tells of them. */
export function Keys() {
  const [isShown, setShown] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    let goUntilMs = 0;
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey) return;
      const place = PLACES.find(({ key }) => key === event.key);
      if (event.key === "g") goUntilMs = event.timeStamp + SECOND_KEY_MS;
      else if (place !== undefined && event.timeStamp < goUntilMs) navigate(place.path);
      else if (event.key === "?") setShown(true);
      if (event.key !== "g") goUntilMs = 0;
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  // Before it is seen: a key that is pressed at its sight is meant for it.
  useLayoutEffect(() => {
    if (isShown) dialog.current?.showModal();
  }, [isShown]);
  if (!isShown) return null;
  return (
    <dialog
      ref={dialog}
      class="card keys"
      aria-labelledby="keys-title"
      onClose={() => setShown(false)}
    >
      <h1 id="keys-title">Keys</h1>
      <dl>
        <Key keys={["/"]} words="Find a symbol" />
        {PLACES.map(({ page, key, words }) => (
          <Key key={page} keys={["g", key]} words={words} />
        ))}
        <Key keys={["↑", "↓"]} words="Along a list" />
        <Key keys={["Enter"]} words="Open it" />
        <Key keys={["←", "→"]} words="Along the chart, or pairs" />
        <Key keys={["+", "−"]} words="Zoom the chart" />
        <Key keys={["End"]} words="To the newest bar" />
        <Key keys={["l"]} words="Logarithmic prices" />
        <Key keys={["b"]} words="An alert at the crosshair" />
        <Key keys={["Esc"]} words="Close what lies over the page" />
        <Key keys={["?"]} words="This" />
      </dl>
      <p>
        Every route of the server is in the{" "}
        <a class="in-text" href="/docs">
          reference
        </a>
        .
      </p>
      <form method="dialog">
        <button class="button is-quiet" type="submit">
          Close
        </button>
      </form>
    </dialog>
  );
}

function Key({ keys, words }: { keys: readonly string[]; words: string }) {
  return (
    <div>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{words}</dd>
    </div>
  );
}
