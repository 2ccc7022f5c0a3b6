import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { linesOf } from "../files/lines.ts";

/**
 * Told each line that a process logs. Absent where nobody reads along: the process then writes to our standard error itself,
 * at no cost to us and whether we live or not.
 */
export type OnLine = ((line: string) => void) | undefined;

/** What a process is started with for standard output and error; ours stays the banner's alone. */
export function logStdio(onLine: OnLine): "pipe" | 2 {
  return onLine === undefined ? 2 : "pipe";
}

/** Hands on what a process logs that was started with `logStdio`. */
export function readLog(child: ChildProcess, onLine: OnLine): void {
  if (onLine === undefined) return;
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) void handOn(stream, onLine);
  }
}

async function handOn(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of linesOf(stream.setEncoding("utf8"))) onLine(line);
}
