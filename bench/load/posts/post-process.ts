import { monotonicUs } from "../clock.ts";
import type { PostJob, PostResult } from "../jobs.ts";
import { metronome } from "../metronome.ts";
import { Samples } from "../samples.ts";
import { serveJobs } from "../serve-jobs.ts";
import { influxRequest } from "./influx-request.ts";
import { LineRequest } from "./line-request.ts";
import { otlpRequest } from "./otlp-request.ts";
import { FrameRequest, PointRequest, type RequestShape } from "./points.ts";
import { Poster } from "./poster.ts";
import { writeRequest } from "./write-request.ts";

/** A process that posts. */
class Sender {
  readonly poster: Poster;
  #request: ReturnType<typeof requestOf>;
  #lastTsUs = 0;
  #sent = 0;
  #value: RequestShape["value"];

  constructor(poster: Poster, body: PostJob["body"], shape: RequestShape) {
    this.poster = poster;
    this.#request = requestOf(body, shape);
    this.#value = shape.value;
  }

  get points(): number {
    return this.#request.points;
  }

  send(done: (status: number, text: string) => void): void {
    const tsUs = Math.max(Date.now() * 1_000, this.#lastTsUs);
    this.#lastTsUs = tsUs + this.points;
    const value = this.#value === "stamp" ? Math.round(monotonicUs()) : this.#sent + 1;
    this.#sent += this.points;
    this.poster.send(this.#request.fill(tsUs, value), (answer) => done(answer.status, answer.text));
  }
}

function requestOf(body: PostJob["body"], shape: RequestShape) {
  switch (body) {
    case "points":
      return new PointRequest(shape);
    case "write":
      return writeRequest(shape);
    case "otlp":
      return otlpRequest(shape);
    case "influx":
      return influxRequest(shape);
    case "lines":
      return new LineRequest(shape);
    case "frame":
      return new FrameRequest(shape);
  }
}

serveJobs(async (job: PostJob): Promise<PostResult> => {
  let fail: (why: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const senders = await Promise.all(
    Array.from({ length: job.connections }, async (_, index) => {
      const shape = job.shapes[index % job.shapes.length];
      if (shape === undefined) throw new Error("no shapes");
      const own = { ...shape, sender: `${shape.sender}-${index}` };
      const poster = await Poster.open("127.0.0.1", job.port, (why) =>
        fail(new Error(`a posting connection failed: ${why}`)),
      );
      return new Sender(poster, job.body, own);
    }),
  );
  try {
    return await Promise.race([failed, post(job, senders)]);
  } finally {
    for (const sender of senders) sender.poster.end();
  }
});

function post(job: PostJob, senders: Sender[]): Promise<PostResult> {
  return job.requestsPerSecond === undefined
    ? closedLoop(job, senders)
    : openLoop(job, senders, job.requestsPerSecond);
}

class Tally {
  readonly latency = new Samples();
  readonly lateness = new Samples();
  readonly refused: PostResult["refused"] = {};
  requests = 0;
  points = 0;
  acknowledgedPoints = 0;
  #cpu = process.cpuUsage();
  #startUs = monotonicUs();

  restart(): void {
    this.latency.clear();
    this.lateness.clear();
    this.requests = 0;
    this.points = 0;
    this.#cpu = process.cpuUsage();
    this.#startUs = monotonicUs();
  }

  answered(status: number, text: string, points: number, latencyUs: number): void {
    if (status < 200 || status > 299) {
      const entry = this.refused[status] ?? { count: 0, first: text.slice(0, 600) };
      entry.count += 1;
      this.refused[status] = entry;
      return;
    }
    this.requests += 1;
    this.points += points;
    this.acknowledgedPoints += points;
    this.latency.add(latencyUs);
  }

  result(): PostResult {
    const seconds = (monotonicUs() - this.#startUs) / 1e6;
    const cpu = process.cpuUsage(this.#cpu);
    return {
      seconds,
      requests: this.requests,
      points: this.points,
      acknowledgedPoints: this.acknowledgedPoints,
      requestsPerSecond: this.requests / seconds,
      pointsPerSecond: this.points / seconds,
      latency: this.latency.summary(),
      lateness: this.lateness.summary(),
      refused: this.refused,
      generatorUsPerRequest: (cpu.user + cpu.system) / this.requests,
    };
  }
}

async function closedLoop(job: PostJob, senders: Sender[]): Promise<PostResult> {
  const tally = new Tally();
  const endUs = monotonicUs() + (job.warmupSeconds + job.seconds) * 1e6;
  let warm = false;
  const warmAtUs = monotonicUs() + job.warmupSeconds * 1e6;
  let measured: PostResult | undefined;
  await Promise.all(
    senders.map(
      (sender) =>
        new Promise<void>((resolve) => {
          const next = () => {
            const sentUs = monotonicUs();
            if (!warm && sentUs >= warmAtUs) {
              warm = true;
              tally.restart();
            }
            if (sentUs >= endUs) {
              // What is still under way belongs to no figure.
              measured ??= tally.result();
              resolve();
              return;
            }
            sender.send((status, text) => {
              tally.answered(status, text, sender.points, monotonicUs() - sentUs);
              next();
            });
          };
          next();
        }),
    ),
  );
  return { ...(measured ?? tally.result()), acknowledgedPoints: tally.acknowledgedPoints };
}

/** Requests are due at even distances whatever the server does; one that finds no free connection waits, and that counts. */
async function openLoop(job: PostJob, senders: Sender[], perSecond: number): Promise<PostResult> {
  const tally = new Tally();
  const free = [...senders];
  const due: number[] = [];
  const everyUs = 1e6 / perSecond;
  const warmBeats = Math.round(job.warmupSeconds * perSecond);
  const beats = warmBeats + Math.round(job.seconds * perSecond);
  let underWay = 0;
  let idle: () => void = () => {};

  const pump = () => {
    for (let sender = free[0]; sender !== undefined && due.length > 0; sender = free[0]) {
      const dueUs = due.shift() ?? 0;
      free.shift();
      underWay += 1;
      const current = sender;
      current.send((status, text) => {
        tally.answered(status, text, current.points, monotonicUs() - dueUs);
        free.push(current);
        underWay -= 1;
        pump();
        if (underWay === 0 && due.length === 0) idle();
      });
    }
  };
  const { ended } = metronome(everyUs, beats, (index, dueUs) => {
    if (index === warmBeats) tally.restart();
    tally.lateness.add(monotonicUs() - dueUs);
    due.push(dueUs);
    pump();
  });
  await ended;
  if (underWay > 0 || due.length > 0) {
    await new Promise<void>((resolve) => {
      idle = resolve;
    });
  }
  return tally.result();
}
