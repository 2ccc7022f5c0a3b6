import { expect, test } from "vitest";
import { definitionOf, type FigureId } from "../../../../web/data/analytics/figure-id.ts";
import { components } from "../../../../web/reference/components.ts";
import { FIGURES } from "../../../../web/reference/figures.ts";
import { referencePage } from "../../../../web/reference/page/page.ts";
import { ROUTES } from "../../../../web/reference/routes.ts";

test("every figure that the page shows has its definition in the reference", () => {
  const page = referencePage(ROUTES, components());
  for (const id of Object.keys(FIGURES) as FigureId[]) {
    const [path, anchor] = definitionOf(id).split("#");
    expect(path).toBe("/docs");
    expect(page).toContain(`id="${anchor}"`);
  }
});
