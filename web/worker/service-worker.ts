import { answerOf, type Build, dropFiles, keepFiles, type OwnFilesDeps } from "./own-files.ts";

/** Put in by the build (vite.config.ts). */
declare const EDGETAPE_BUILD: Build;
declare const self: WorkerScope;

/** What this file uses of a service worker's global scope, whose types exclude those of a page. */
interface WorkerScope {
  location: Location;
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent<string>) => void): void;
}
interface Extendable {
  waitUntil(done: Promise<unknown>): void;
}
interface FetchEvent {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}

/** A page that takes longer than this is as good as none, in ms. */
const PATIENCE_MS = 4_000;

const deps: OwnFilesDeps = {
  build: EDGETAPE_BUILD,
  origin: self.location.origin,
  caches,
  fetch: (request, init) => fetch(request, init),
  patience: () =>
    new Promise((resolve) => {
      AbortSignal.timeout(PATIENCE_MS).addEventListener("abort", () => resolve(null));
    }),
};

self.addEventListener("install", (event) => event.waitUntil(keepFiles(deps)));
self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([dropFiles(deps), self.clients.claim()]));
});
self.addEventListener("fetch", (event) => {
  const answer = answerOf(event.request, deps);
  if (answer !== null) event.respondWith(answer);
});
// A page says which script it began with. One of this build has nothing to lose by this worker; one of another is told of it.
self.addEventListener("message", ({ data, source }) => {
  if (data === deps.build.entry) void self.skipWaiting();
  else source?.postMessage(data);
});
