import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { EXPORT_KINDS } from "../../../../src/formats/export/encodings.ts";

it("the guide of queries names every kind that an export takes", () => {
  expect(readFileSync("docs/guides/query.md", "utf8")).toContain(
    `&kind=${EXPORT_KINDS.join("\\|")}&`,
  );
});

it("all papers and pages write the scopes of a token in one way", () => {
  const papers = [
    ...["*.md", "client/*.md", "push/**/*.md", "docs/**/*.md"],
    ...["web/reference/**/*.ts", "dev/**/*.ts", "ops/**/*"],
  ];
  const files = globSync(papers, { exclude: ["docs/pictures/**"] }).filter((one) =>
    /\.\w+$/.test(one),
  );
  const written = files.flatMap((file) => [
    ...readFileSync(file, "utf8").matchAll(/run (?:-s )?token -- (--scope .*)/g),
  ]);
  expect(written.length).toBeGreaterThan(8);
  for (const [, words] of written) {
    expect(words).toMatch(/^--scope (?:read|write|admin|"read write")(?![,\w])(?!.*--scope)/);
  }
});
