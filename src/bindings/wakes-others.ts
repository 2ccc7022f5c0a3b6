/**
 * Does a promise that one request settles wake another one that waits for it, under its own name? The runtime does so since
 * 2024-10-14, unless a flag forbids it, as vitest's plugin does. Elsewhere whoever waits for another request may go on under that
 * one's name, and can do nothing there.
 */
export function wakesOthers(): boolean {
  // On Node, where some tests run the Worker, there is no such thing.
  if (typeof Cloudflare === "undefined") return false;
  return Cloudflare.compatibilityFlags["handle_cross_request_promise_resolution"] === true;
}
