import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const GUIDE = readFileSync("docs/guides/push.md", "utf8");

/** What the guide says below a heading. */
function partOf(heading: string): string {
  return GUIDE.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
}

/** Names in a part of a file. */
function namesIn(file: string, part: RegExp, name: RegExp): string[] {
  const [, text = ""] = part.exec(readFileSync(file, "utf8")) ?? [];
  return Array.from(text.matchAll(name), ([, one = ""]) => one);
}

describe("the guide of the clients that push", () => {
  const python = namesIn(
    "push/python/edgetape.py",
    /class Edgetape:[\s\S]*?def __init__[\s\S]*?\*,([\s\S]*?)\) -> None/,
    /^ {8}(\w+): /gm,
  );
  const node = namesIn(
    "push/node/options.ts",
    /EdgetapeOptions \{([\s\S]*?)\n\}/,
    /^ {2}(\w+)\?: /gm,
  );

  it("tells each option of the Python file, and where its spool is", () => {
    expect(python).toContain("spool");
    for (const option of python) expect(partOf("Python")).toMatch(new RegExp(`\\b${option}\\b`));
    expect(partOf("Python")).toContain("~/.local/state/edgetape");
  });

  it("tells each option of the Node script", () => {
    expect(node).toContain("spool");
    for (const option of node) expect(partOf("Node")).toMatch(new RegExp(`\\b${option}\\b`));
  });
});
