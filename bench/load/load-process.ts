import { type ChildProcess, fork } from "node:child_process";
import type { PostJob, PostResult, ViewerJob, ViewerResult } from "./jobs.ts";
import type { Reply } from "./serve-jobs.ts";

/** The harness' side of a load process: one job at a time, whose answer is awaited. */
export class LoadProcess<Job, Result> {
  #child: ChildProcess;
  #nextId = 1;
  #waiting = new Map<number, { resolve: (result: Result) => void; reject: (why: Error) => void }>();

  constructor(script: string) {
    this.#child = fork(new URL(script, import.meta.url), {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child.on("message", (reply: Reply<Result>) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ("result" in reply) waiting?.resolve(reply.result);
      else waiting?.reject(new Error(reply.failure));
    });
    this.#child.on("exit", (code) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`${script} ended (${code})`));
    });
  }

  run(job: Job): Promise<Result> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, job } as never);
    });
  }

  end(): void {
    this.#child.disconnect();
  }
}

export type Posting = LoadProcess<PostJob, PostResult>;
export type Viewing = LoadProcess<ViewerJob, ViewerResult>;

export function startPosting(): Posting {
  return new LoadProcess("./posts/post-process.ts");
}

export function startViewing(): Viewing {
  return new LoadProcess("./viewers/viewer-process.ts");
}
