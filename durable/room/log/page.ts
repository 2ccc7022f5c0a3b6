import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { FramesPage } from "../past/archive.ts";
import type { WatchedLog } from "./watched-log.ts";

/** Most of one page, so that the runtime carries it and a viewer's window is not far from it. */
const PAGE_CHARS = 512 * 1024;

/** Frames of the log after `after`, where all that follows is in it, and up to `upTo`: about a page of them. */
export function pageOf(log: WatchedLog, after: Cursor, upTo: Cursor): FramesPage {
  const page: FramesPage = { kind: "frames", frames: [], through: upTo };
  let chars = 0;
  for (const frame of log.framesAfter(after, upTo)) {
    if (chars >= PAGE_CHARS) {
      page.through = page.frames.at(-1)?.cursor ?? upTo;
      break;
    }
    page.frames.push(frame);
    chars += frame.text.length;
  }
  return page;
}
