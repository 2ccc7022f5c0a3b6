/** What a load process answers. */
export type Reply<Result> = { id: number; result: Result } | { id: number; failure: string };

/** The side of a load process: answers each job its parent sends, one after the other. */
export function serveJobs<Job, Result>(run: (job: Job) => Promise<Result>): void {
  let last: Promise<unknown> = Promise.resolve();
  process.on("message", ({ id, job }: { id: number; job: Job }) => {
    last = last.then(async () => {
      try {
        reply({ id, result: await run(job) });
      } catch (error) {
        reply({ id, failure: error instanceof Error ? error.message : String(error) });
      }
    });
  });
  process.on("disconnect", () => process.exit());

  function reply(message: Reply<Result>): void {
    process.send?.(message);
  }
}
