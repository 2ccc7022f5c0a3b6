import type { Parameters } from "./parameters.ts";

/** Texts joined by commas, each of which has no fault, and each once. */
export function joinedList(
  parameters: Parameters,
  name: string,
  most: number,
  faultOf: (text: string) => string | null,
): string[] {
  const texts = (parameters.text(name) ?? "").split(",").filter((text) => text !== "");
  if (texts.length > most) parameters.refuse(name, `must be at most ${most}, joined by commas`);
  for (const text of texts) {
    const fault = faultOf(text);
    if (fault !== null) parameters.refuse(name, fault);
  }
  return [...new Set(texts)];
}
