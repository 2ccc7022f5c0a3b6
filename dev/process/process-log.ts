import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { linesOf } from "../files/lines.ts";

/** Which process wrote a line. */
export interface LineSource {
  service: "workerd" | "database" | "guard";
  /** Number of the runtime, where it is one of several. */
  runtime?: number;
}

/** What becomes of what processes write. Lines of the log are on their standard output, and on standard error what is none. */
export interface ProcessOutput {
  take(line: string, source: LineSource): void;
  /**
   * Standard output is read as well. Where nobody reads along, a process writes its lines to our standard error itself, at no cost to
   * us.
   */
  isWhole: boolean;
}

/** What a process is started with for standard output and error; ours stays the banner's alone. */
export function logStdio({ isWhole }: ProcessOutput): ["pipe" | 2, "pipe"] {
  return [isWhole ? "pipe" : 2, "pipe"];
}

/** Hands on what a process writes that was started with `logStdio`. */
export function readLog(child: ChildProcess, output: ProcessOutput, source: LineSource): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) void handOn(stream, (line) => output.take(line, source));
  }
}

async function handOn(stream: Readable, take: (line: string) => void): Promise<void> {
  for await (const line of linesOf(stream.setEncoding("utf8"))) take(line);
}
