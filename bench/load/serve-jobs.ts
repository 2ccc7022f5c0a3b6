/** The side of a load process: answers each job its parent sends, one after the other. */
export function serveJobs<Job, Result>(run: (job: Job) => Promise<Result>): void {
  let last: Promise<unknown> = Promise.resolve();
  process.on("message", (message: { id: number; job: Job }) => {
    last = last.then(async () => {
      process.send?.({ id: message.id, result: await run(message.job) });
    });
  });
  process.on("disconnect", () => process.exit());
}
