import type { IncomingMessage } from "node:http";

/** `short`: it is answered in a moment, and must be whoever else asks. `long`: it may take as long as it likes, as a viewer does. */
export type RequestKind = "short" | "long";

const OF_HEALTH = new Set(["/healthz", "/readyz", "/metrics"]);

/** By its head alone: a push that waits until it is stored takes its time, and one without a token is no push. */
export function kindOf({ method, url, headers }: IncomingMessage): RequestKind {
  const [path = "", query = ""] = (url ?? "").split("?");
  if (method === "GET" || method === "HEAD") return OF_HEALTH.has(path) ? "short" : "long";
  const isPush = method === "POST" && headers.authorization !== undefined;
  return isPush && !query.includes("wait=") ? "short" : "long";
}
