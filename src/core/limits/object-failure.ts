/**
 * What a call of a Durable Object fails with that its own code has not thrown as an answer.
 * `reset`: the object began anew under the call. `overloaded`: it has more waiting than it can do.
 */
export type ObjectFailure = "reset" | "overloaded";

/**
 * Did the object fail, and not what was asked of it? Null where it did not. The runtime marks its errors with `retryable`,
 * `overloaded` and `durableObjectReset`, and tells nothing but a reference where it could not open an object
 * (https://developers.cloudflare.com/durable-objects/best-practices/error-handling/).
 */
export function objectFailureOf(error: unknown): ObjectFailure | null {
  const { overloaded, retryable, durableObjectReset } = (error ?? {}) as Record<string, unknown>;
  if (overloaded === true) return "overloaded";
  return retryable === true || durableObjectReset === true || isUnnamed(error) ? "reset" : null;
}

/** Does the runtime keep the cause to itself? It is so where an object could not be opened, as on a full disk. */
export function isUnnamed(error: unknown): boolean {
  return /internal error; reference = /.test(String(error));
}

/** Does the object not know the method, as one of the version before? Then it has done nothing. */
export function isUnknownMethod(error: unknown, method: string): boolean {
  // As the runtime says it, and as the tests' runtime does.
  const text = String(error);
  return ["the method ", ""].some((word) => text.includes(`not implement ${word}"${method}"`));
}
