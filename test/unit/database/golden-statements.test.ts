import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Statement } from "../../../src/db/driver/database.ts";
import { RecordingDatabase } from "./recording-database.ts";
import { STATEMENT_CASES } from "./statement-cases.ts";

/*
 * The SQL that runs, whole, for whoever reviews a change of it. It is written anew by
 * `npx vitest run --project unit golden-statements -u`.
 */

describe("the statements of src/db", () => {
  it.each(STATEMENT_CASES)("$name", async ({ name, answers, run }) => {
    const db = new RecordingDatabase(answers);
    await run(db);
    const requests = db.requests.map(({ isTransaction, statements }) => {
      const texts = statements.map(textOf).join("\n\n");
      return isTransaction ? `-- one transaction\n\n${texts}` : texts;
    });
    const golden = `${requests.join("\n\n-- then\n\n")}\n`;
    await expect(golden).toMatchFileSnapshot(`golden/${name}.sql`);
  });

  it("have a golden file each, and no other is there", async () => {
    const names = STATEMENT_CASES.map(({ name }) => `${name}.sql`);
    const files = readdirSync(new URL("golden/", import.meta.url));
    expect(files.sort()).toEqual(names.sort());
  });

  it("number the parameters they have, from 1 and without a gap", async () => {
    for (const { answers, run } of STATEMENT_CASES) {
      const db = new RecordingDatabase(answers);
      await run(db);
      for (const { text, params } of db.requests.flatMap(({ statements }) => statements)) {
        const named = new Set([...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
        expect([...named], text).toEqual(params.map((_, at) => at + 1));
      }
    }
  });
});

/** Without what only the templates know of: indents at the beginning, and spaces at the ends of lines. */
function textOf({ text, params }: Statement): string {
  const lines = text.trim().split("\n");
  const shown = params.map((param, at) => `-- $${at + 1} = ${JSON.stringify(param)}`);
  return [...lines.map((line) => line.trimEnd()), ...shown]
    .filter((line) => line !== "")
    .join("\n");
}
