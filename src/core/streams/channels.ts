import type { ChannelKind } from "../../protocol/streams/channels.ts";
import { matchesGlob } from "../placement/glob.ts";

interface OfKind {
  kind: string;
  metric?: string;
}

/** Which events a stream wants: by kind, and metrics by name. */
export class Channels {
  /** The same for channels that mean the same. */
  readonly key: string;
  readonly names: readonly string[];
  readonly #kinds: ReadonlySet<string>;
  readonly #metrics: readonly string[];

  /** `names`: of `channelSchema`. */
  constructor(names: readonly string[]) {
    this.names = [...new Set(names)].sort();
    this.key = this.names.join(",");
    this.#kinds = new Set(this.names.filter((name) => !name.includes(":")));
    this.#metrics = this.names
      .filter((name) => name.startsWith("metric:"))
      .map((name) => name.slice("metric:".length));
  }

  hasKind(kind: ChannelKind): boolean {
    return this.#kinds.has(kind);
  }

  has({ kind, metric }: OfKind): boolean {
    if (this.#kinds.has(kind)) return true;
    return kind === "metric" && this.#metrics.some((glob) => matchesGlob(glob, metric ?? ""));
  }
}
