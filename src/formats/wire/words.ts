import { isStorable, MAX_NAME_LENGTH } from "../../protocol/words/name.ts";
import { WireFault } from "./wire-fault.ts";

/** A text of a body. */
export interface Word {
  readonly text: string;
  /** May be a metric's name, a label's name or its value (SPEC I-3). */
  readonly isName: boolean;
}

export function wordOf(text: string): Word {
  const isName = text.length > 0 && text.length <= MAX_NAME_LENGTH && isStorable(text);
  return { text, isName };
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws WireFault where these bytes are no UTF-8. */
export function decodeWord(bytes: Uint8Array): Word {
  try {
    return wordOf(DECODER.decode(bytes));
  } catch {
    throw new WireFault("a text in it is not UTF-8");
  }
}
