import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { MAX_LINES } from "../../../web/data/bars/lines.ts";

const GUIDE = readFileSync("docs/guides/watch.md", "utf8");

it("the guide says how many lines a panel has, and what the words of the operations page mean", () => {
  expect(GUIDE).toContain(`Of more than ${MAX_LINES} sets`);
  const cards = readFileSync("web/pages/operations/cards.tsx", "utf8");
  const [, figure = ""] = /"(\w+)"\), "hour"\)} to make anew/.exec(cards) ?? [];
  expect(GUIDE.toLowerCase()).toContain("hours to make anew");
  expect(GUIDE).toContain(`\`${figure}\``);
});
