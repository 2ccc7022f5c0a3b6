import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { citedIn, uncitedRules } from "../../../../dev/checks/cited-rules.ts";
import { anchorsOf, linksOf, paperFaults } from "../../../../dev/checks/paper-links.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "papers-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function write(files: Record<string, string>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), text);
  }
}

describe("rules of SPEC", () => {
  const spec = "# Rules\n- **Z-1** One.\n- **Z-2** Two, as Z-1 has it.\n- **ZZ-10** Ten.\n";

  it("are named where no test cites them, and where there are two of one number", () => {
    write({
      "src/protocol/SPEC.md": `${spec}- **Z-1** Again.\n`,
      "test/unit/a.test.ts": '// ZZ-1\nit("ZZ-10 is ten", ...)',
      "test/unit/helper.ts": "// Z-2",
    });
    const faults = uncitedRules(dir).map((line) => line.split(";")[0]);
    expect(faults).toEqual([
      "Z-1: src/protocol/SPEC.md has two rules of this number",
      "Z-1: no test cites this rule",
      "Z-2: no test cites this rule",
      "Z-1: no test cites this rule",
    ]);
  });

  it("may be cited by a range", () => {
    write({ "src/protocol/SPEC.md": spec, "test/e2e/a.test.tsx": "Z-1 to Z-2 and ZZ-10" });
    expect(uncitedRules(dir)).toEqual([]);
  });

  it("are cited by the checks of the conformance runner", () => {
    const checks = '{ rule: "Z-1" }, { rule: "Z-2" }, { rule: "ZZ-10" }';
    write({ "src/protocol/SPEC.md": spec, "test/conformance/z.ts": checks });
    expect(uncitedRules(dir)).toEqual([]);
  });

  it("that are none at all are a fault too, for then nothing is looked for", () => {
    write({ "src/protocol/SPEC.md": "# Rules\n1. One.\n", "test/a.test.ts": "" });
    expect(uncitedRules(dir)).toHaveLength(1);
  });

  it("are cited by whole numbers alone", () => {
    expect([...citedIn("XZ-1, Z-12, (Z-3), Z-1-2, aZ-4")]).toEqual(["XZ-1", "Z-12", "Z-3"]);
  });
});

describe("links of the papers", () => {
  it("are those of prose, not of code", () => {
    const text = "[a](b.md#c) ![p](p.png) `[x](y)`\n```sh\n[no](no.md)\n```\n[d](#e)";
    expect(linksOf(text)).toEqual(["b.md#c", "p.png", "#e"]);
  });

  it("name headings as GitHub does", () => {
    const text = "# One & two: `three`\n## A\n```\n# no\n```\n## A\n### [B](b.md) c_d\n";
    expect([...anchorsOf(text)]).toEqual(["one--two-three", "a", "a-1", "b-c_d"]);
  });

  it("lead to files and headings that are there", () => {
    write({
      "README.md": "# R\n[d](docs/a.md#there) [folder](docs) [web](https://x.example/y) [r](#r)",
      "docs/a.md":
        "## There\n[up](../README.md) [away](../../elsewhere.md)\n[no](b.md) [h](#where)",
      "docs/deep/c.md": "[f](../a.md#not-there) [g](../#a)",
    });
    expect(paperFaults(dir).sort()).toEqual([
      "docs/a.md: #where leads to no heading",
      "docs/a.md: ../../elsewhere.md leads to no file",
      "docs/a.md: b.md leads to no file",
      "docs/deep/c.md: ../#a leads to no heading",
      "docs/deep/c.md: ../a.md#not-there leads to no heading",
    ]);
  });

  it("are in a README that stays short", () => {
    write({ "README.md": "line\n".repeat(151), "docs/a.md": "line\n".repeat(500) });
    expect(paperFaults(dir)).toEqual(["README.md: it has 151 lines of at most 150"]);
  });
});

it("no command of the papers or of package.json leaves a package in the clone", () => {
  const papers = globSync(["*.md", "client/*.md", "docs/**/*.md", "package.json"]);
  const packing = papers.flatMap((paper) =>
    readFileSync(paper, "utf8")
      .split("\n")
      .filter((line) => /^\s*(npm|"pack:\w+": "npm) pack /.test(line)),
  );
  expect(packing.length).toBeGreaterThan(2);
  for (const line of packing) expect(line).toContain("--pack-destination ..");
});
