import { KINDS, type Route } from "./kinds.ts";
import type { Refused } from "./refused.ts";
import { errorWords } from "./words.ts";

export interface SetAsideDeps {
  /** Keeps events on disk; absent where nothing is. */
  keep: ((refused: readonly Refused[]) => Promise<void>) | undefined;
  /** Told of them; absent where the caller wants a warning. */
  onRefused: ((refused: Refused[]) => void) | undefined;
  onWarning: (words: string) => void;
}

/** What is set aside: counted, kept where its kind is kept, and told. */
export class SetAside {
  readonly #deps: SetAsideDeps;
  readonly #counts = new Map<Route, number>();
  /** Events that are no JSON: a push fails nobody, so they are told of later. */
  #untold: Refused[] = [];

  constructor(deps: SetAsideDeps) {
    this.#deps = deps;
  }

  count(route: Route): number {
    return this.#counts.get(route) ?? 0;
  }

  later(refused: Refused): void {
    this.#untold.push(refused);
  }

  tellLater(): void {
    this.tell(this.#untold.splice(0));
  }

  tell(refused: Refused[]): void {
    const [first] = refused;
    if (first === undefined) return;
    const { keep, onRefused, onWarning } = this.#deps;
    for (const { route } of refused) this.#counts.set(route, this.count(route) + 1);
    const lasting = refused.filter(({ route }) => KINDS[route] === "spool");
    if (lasting.length > 0)
      void keep?.(lasting).catch((error: unknown) => {
        onWarning(`what was refused could not be kept: ${errorWords(error)}`);
      });
    if (onRefused === undefined) {
      const what = `${refused.length} of ${first.route} refused and set aside`;
      onWarning(`${what}; the first: ${first.why}: ${first.event.slice(0, 500)}`);
      return;
    }
    try {
      onRefused(refused);
    } catch (error) {
      onWarning(`onRefused threw: ${errorWords(error)}`);
    }
  }
}
