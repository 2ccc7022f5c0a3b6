/** What is open and must not end with the process unseen to. */
export interface Open {
  /** The process has nothing more to do: there is time to flush. */
  flush(): void;
  /** The process ends this instant, by `process.exit` or an error. */
  writeNow(): void;
}

const open = new Set<Open>();
let isListening = false;

/** Calls back as the process ends, with one listener for all. What it gives ends that. */
export function seeToAtExit(each: Open): () => void {
  open.add(each);
  if (!isListening) {
    isListening = true;
    process.on("beforeExit", () => {
      for (const one of open) one.flush();
    });
    process.on("exit", () => {
      for (const one of open) one.writeNow();
    });
  }
  return () => void open.delete(each);
}
