export interface OwnFilesDeps {
  workers: Pick<ServiceWorkerContainer, "register" | "addEventListener">;
  /** The script that this page began with, as its address. */
  entry: string;
  /** A newer build of the page is there, and this page is not of it. */
  onNewer(): void;
}

/**
 * Has the browser keep the page's own files (web/worker). The function it gives looks for a newer build: a page is open for days, and the browser
 * looks when one is opened.
 */
export function keepOwnFiles({ workers, entry, onNewer }: OwnFilesDeps): () => void {
  workers.addEventListener("message", onNewer);
  const registering = workers.register("/service-worker.js", { updateViaCache: "none" });
  // Where a browser keeps nothing, as in some private windows, the page does without.
  const tried = registering.catch(() => null);
  void tried.then((registration) => {
    if (registration === null) return;
    const tell = (worker: ServiceWorker | null) => worker?.postMessage(entry);
    tell(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const found = registration.installing;
      found?.addEventListener("statechange", () => {
        if (found.state === "installed") tell(found);
      });
    });
  });
  return () => void tried.then((registration) => registration?.update()).catch(() => undefined);
}
