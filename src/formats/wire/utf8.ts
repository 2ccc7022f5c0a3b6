import { type InSteps, STEP_BYTES } from "../in-steps.ts";

const STRICT = { fatal: true, ignoreBOM: false };
const DECODER = new TextDecoder("utf-8", STRICT);

/** The text of a body, without the mark of byte order that it may begin with; null where it is no UTF-8. */
export function* textOf(bytes: Uint8Array): InSteps<string | null> {
  try {
    if (bytes.length <= STEP_BYTES) return DECODER.decode(bytes);
    // One of its own: it keeps what a step ends in the middle of.
    const decoder = new TextDecoder("utf-8", STRICT);
    let text = "";
    for (let at = 0; at < bytes.length; at += STEP_BYTES) {
      if (at > 0) yield;
      text += decoder.decode(bytes.subarray(at, at + STEP_BYTES), { stream: true });
    }
    return text + decoder.decode();
  } catch {
    return null;
  }
}
