import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { monotonicUs } from "./clock.ts";

type Tempo = { startUs: number; everyUs: number; beats: number };

/**
 * Calls `onBeat(index, dueUs)` at even distances. Timers of the event loop have a grain of 1 ms, which would be in every
 * latency counted from the due moment; a thread that sleeps on a futex wakes within some tens of microseconds.
 */
export function metronome(
  everyUs: number,
  beats: number,
  onBeat: (index: number, dueUs: number) => void,
): { startUs: number; ended: Promise<void> } {
  const startUs = monotonicUs() + 200_000;
  const tempo: Tempo = { startUs, everyUs, beats };
  const thread = new Worker(new URL(import.meta.url), { workerData: tempo });
  thread.on("message", (index: number) => onBeat(index, startUs + index * everyUs));
  return {
    startUs,
    ended: new Promise((resolve, reject) => {
      thread.on("exit", () => resolve());
      thread.on("error", reject);
    }),
  };
}

if (!isMainThread && parentPort !== null && isTempo(workerData)) {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (let index = 0; index < workerData.beats; index += 1) {
    const dueUs = workerData.startUs + index * workerData.everyUs;
    const waitMs = (dueUs - monotonicUs()) / 1_000;
    if (waitMs > 0) Atomics.wait(sleeper, 0, 0, waitMs);
    parentPort.postMessage(index);
  }
}

function isTempo(data: unknown): data is Tempo {
  return typeof data === "object" && data !== null && "beats" in data;
}
