import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const PAPERS = ["*.md", "client/*.md", "docs/**/*.md", "src/protocol/*.md"];
/** What is opened first stays short. */
const MOST_LINES: Readonly<Record<string, number>> = { "README.md": 150, "ARCHITECTURE.md": 60 };

const FENCE = /^ *(```|~~~)[\s\S]*?^ *\1 *$/gm;
const LINK = /\]\(([^()\s]+)\)/g;
const ELSEWHERE = /^[a-z][a-z+.-]*:/i;

/** Targets of a text's links and pictures, but for those of its code. */
export function linksOf(markdown: string): string[] {
  const prose = markdown.replace(FENCE, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(LINK)].map(([, target]) => target ?? "");
}

/** What a link may name behind `#`: each heading as GitHub writes it, a repeated one with its number. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of markdown.replace(FENCE, "").matchAll(/^#{1,6} +(.+)$/gm)) {
    const anchor = (heading ?? "")
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count += 1) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

/** One line for each link of the project's papers to what is not there, and for each paper that is too long. */
export function paperFaults(projectDir: string): string[] {
  const read = (file: string) => readFileSync(join(projectDir, file), "utf8");
  return globSync(PAPERS, { cwd: projectDir }).flatMap((paper) => {
    const text = read(paper);
    const lines = text.trimEnd().split("\n").length;
    const most = MOST_LINES[paper] ?? Number.POSITIVE_INFINITY;
    const tooLong = lines > most ? [`${paper}: it has ${lines} lines of at most ${most}`] : [];
    const broken = linksOf(text)
      .filter((target) => !ELSEWHERE.test(target))
      .flatMap((target) => {
        const [path = "", anchor] = target.split("#");
        const file = path === "" ? paper : join(dirname(paper), decodeURI(path));
        const absolute = join(projectDir, file);
        if (relative(projectDir, absolute).startsWith("..") || !existsSync(absolute)) {
          return [`${paper}: ${target} leads to no file`];
        }
        if (anchor === undefined) return [];
        const isThere = statSync(absolute).isFile() && anchorsOf(read(file)).has(anchor);
        return isThere ? [] : [`${paper}: ${target} leads to no heading`];
      });
    return [...tooLong, ...broken];
  });
}
