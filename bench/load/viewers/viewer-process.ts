import { monotonicUs } from "../clock.ts";
import type { ViewerJob, ViewerResult } from "../jobs.ts";
import { sentValue } from "../posts/points.ts";
import { Samples } from "../samples.ts";
import { serveJobs } from "../serve-jobs.ts";
import { type MessageDigest, MessageReader } from "./message-digest.ts";
import { Viewer, type ViewerEvents } from "./viewer.ts";

/** A process that holds all viewers of a scenario and measures what reaches them. */
type Connect = Extract<ViewerJob, { do: "connect" }>;

const TICK_MS = 50;

const reader = new MessageReader();
const latency = new Samples();
let viewers: Viewer[] = [];
let place: Connect | undefined;
let tally = newTally();

serveJobs(async (job: ViewerJob): Promise<ViewerResult> => {
  switch (job.do) {
    case "connect":
      drop();
      place = job;
      viewers = [];
      tally = newTally();
      await connectAll(
        job,
        Array.from({ length: job.count }, () => undefined),
        job.atOnce,
        job.ready,
      );
      break;
    case "reconnect":
      await reconnect(job.expectedSerial);
      break;
    case "measure":
      tally = newTally();
      latency.clear();
      break;
    case "report":
      break;
    case "drop":
      drop();
      break;
  }
  return report();
});

setInterval(() => {
  const nowMs = performance.now();
  for (const viewer of viewers) viewer.tick(nowMs);
}, TICK_MS);

function newTally() {
  return {
    messages: 0,
    events: 0,
    bytes: 0,
    gaps: 0,
    backward: 0,
    missed: 0,
    repeated: 0,
    complete: 0,
    readyMs: 0,
    lost: {} as Record<string, number>,
    startUs: monotonicUs(),
    cpu: process.cpuUsage(),
  };
}

/** Live viewers: each value on the wire is the moment its event was sent. */
function countLive(viewer: Viewer, digest: MessageDigest, bytes: number): void {
  const nowUs = monotonicUs();
  tally.messages += 1;
  tally.bytes += bytes;
  tally.events += digest.values.length;
  if (digest.cursor <= viewer.cursor) tally.backward += 1;
  for (const value of digest.distinct) latency.add(nowUs - sentValue(value));
}

/** Returning viewers: values are serial numbers, which tell what is missing or came twice. */
function countSerials(viewer: Viewer, digest: MessageDigest): void {
  tally.messages += 1;
  tally.events += digest.values.length;
  if (digest.cursor <= viewer.cursor) tally.backward += 1;
  for (const value of digest.values) {
    const serial = sentValue(value);
    if (serial > viewer.serial + 1) tally.missed += serial - viewer.serial - 1;
    if (serial <= viewer.serial) tally.repeated += 1;
    viewer.serial = Math.max(viewer.serial, serial);
  }
}

function drop(): void {
  for (const viewer of viewers) viewer.end();
}

async function reconnect(expectedSerial: number): Promise<void> {
  if (place === undefined) throw new Error("reconnect before connect");
  const cursors = viewers.map((viewer) => viewer.cursor);
  drop();
  tally = newTally();
  viewers = [];
  await connectAll(place, cursors, cursors.length, "caught_up", countSerials);
  tally.complete = viewers.filter((viewer) => viewer.serial === expectedSerial).length;
}

function connectAll(
  where: Connect,
  cursors: (number | undefined)[],
  atOnce: number,
  ready: Connect["ready"],
  onEvents: ViewerEvents["onEvents"] = countLive,
): Promise<void> {
  const startUs = monotonicUs();
  let begun = 0;
  let settled = 0;
  return new Promise((resolve) => {
    const one = () => {
      if (begun >= cursors.length) return;
      const since = cursors[begun];
      begun += 1;
      let isSettled = false;
      const settle = () => {
        if (isSettled) return;
        isSettled = true;
        settled += 1;
        tally.readyMs = (monotonicUs() - startUs) / 1_000;
        if (settled === cursors.length) resolve();
        else one();
      };
      const room = where.paths[(begun - 1) % where.paths.length] ?? "/";
      const path = since === undefined ? room : `${room}?since=${since}`;
      const viewer = new Viewer({ host: "127.0.0.1", port: where.port, path }, where.acks, reader, {
        onOpen: () => {
          if (ready === "open") settle();
        },
        onEvents,
        onCaughtUp: settle,
        onGap: () => {
          tally.gaps += 1;
        },
        onStreamed: (_, bytes) => {
          tally.messages += 1;
          tally.bytes += bytes;
        },
        onLost: (_, why) => {
          tally.lost[why] = (tally.lost[why] ?? 0) + 1;
          settle();
        },
      });
      if (since !== undefined) viewer.cursor = since;
      viewers.push(viewer);
    };
    for (let index = 0; index < Math.min(atOnce, cursors.length); index += 1) one();
  });
}

function report(): ViewerResult {
  const cpu = process.cpuUsage(tally.cpu);
  return {
    viewers: viewers.length,
    lost: tally.lost,
    readyMs: tally.readyMs,
    messages: tally.messages,
    events: tally.events,
    bytes: tally.bytes,
    seconds: (monotonicUs() - tally.startUs) / 1e6,
    latency: latency.summary(),
    gaps: tally.gaps,
    backward: tally.backward,
    missed: tally.missed,
    repeated: tally.repeated,
    complete: tally.complete,
    generatorUsPerMessage: (cpu.user + cpu.system) / tally.messages,
  };
}
