import { describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import { TOOLS } from "../../../src/formats/mcp/tools.ts";
import { ORDER_REPORTS } from "../../../src/routes/orders.ts";
import { PLACES } from "../../../web/pages/shell/places.ts";
import { components } from "../../../web/reference/components.ts";
import { openApiDocument } from "../../../web/reference/document.ts";
import { examplesOf } from "../../../web/reference/examples.ts";
import { html } from "../../../web/reference/page/html.ts";
import { referencePage } from "../../../web/reference/page/page.ts";
import { ROUTES } from "../../../web/reference/routes.ts";

const HOW =
  "describe each route in web/reference/routes (a few lines: see pushes.ts and reads.ts), its shapes in web/reference/components.ts";

/** `GET /api/history/{symbol}` of every route that the Worker has. */
function routesOfApp(): string[] {
  const found = app.routes
    .filter(({ method, path }) => method !== "ALL" && path !== "*" && path !== "/*")
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  return [...new Set(found)].sort();
}

describe("the reference", () => {
  it("has every route of the Worker, and no other", () => {
    const described = ROUTES.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort();
    const reports = Array.from(ORDER_REPORTS.keys(), (name) => `GET /api/orders/{symbol}/${name}`);
    expect(described, HOW).toEqual([...routesOfApp(), ...reports].sort());
  });

  it("names no component that is not there, and every parameter of a path", () => {
    const document = openApiDocument(ROUTES);
    const named = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g);
    const known = Object.keys(components());
    expect(
      [...new Set([...named].map(([, name]) => name))].filter(
        (name) => !known.includes(name ?? ""),
      ),
    ).toEqual([]);
    for (const { path, parameters = [] } of ROUTES) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(parameters.filter((one) => one.in === "path").map(({ name }) => name)).toEqual(inPath);
    }
  });

  it("says of a point's labels what they are, and nothing of a double's whole numbers", () => {
    const { MetricPush, Cursor } = components();
    expect(MetricPush?.["properties"]).toMatchObject({
      labels: { type: "object", additionalProperties: { type: "string", maxLength: 200 } },
      symbol: { $ref: "#/components/schemas/Symbol" },
    });
    expect(Cursor).toMatchObject({ type: "integer", minimum: 0 });
    expect(Cursor).not.toHaveProperty("maximum");
  });

  it("has an example in three languages of each route but those that need a client", () => {
    const without = ROUTES.filter((route) => examplesOf(route).size !== 3).map(({ path }) => path);
    expect(without).toEqual(["/api/v1/write", "/ws/{symbol}", "/ws", "/api/rooms/{symbol}/stream"]);
  });
});

describe("tools of assistants", () => {
  it.each(TOOLS)("$name asks a route for what it takes, and cuts a list of its answer", (tool) => {
    const route = ROUTES.find(({ method, path }) => method === "get" && path === tool.path);
    const required = Object.entries(tool.inputs).filter(([, { isRequired }]) => isRequired);
    const values = new Map(Object.keys(tool.inputs).map((name) => [name, "x"]));
    const asked = [...(tool.forRoute?.(values) ?? values).keys()];
    const taken = route?.parameters ?? [];
    expect(taken.map(({ name }) => name)).toEqual(expect.arrayContaining(asked));
    const needed = taken.filter((one) => one.required === true).map(({ name }) => name);
    expect(required.map(([name]) => name)).toEqual(expect.arrayContaining(needed));
    for (const { name, schema } of taken) {
      const words = "enum" in schema ? schema.enum : undefined;
      expect(words ?? []).toEqual(expect.arrayContaining([...(tool.inputs[name]?.enum ?? [])]));
    }
    const answer = route?.answers["200"]?.content?.of;
    if (tool.list === undefined || tool.isLines === true) return;
    expect(components()[answer ?? ""]).toHaveProperty(`properties.${tool.list.name}.type`, "array");
  });
});

describe("the page of the reference", () => {
  const page = referencePage(ROUTES, components());

  it("is read without a script, and holds none", () => {
    for (const { path, summary } of ROUTES) {
      expect(page).toContain(path);
      expect(page).toContain(html`${summary}`.text);
    }
    expect(page).not.toMatch(/<script|\son\w+=|\sstyle=/);
  });

  it("leads to each page of the dashboard, as the bar of those does", () => {
    const [, bar = ""] = /<nav[^>]*aria-label="Pages">(.*?)<\/nav>/s.exec(page) ?? [];
    const links = [...bar.matchAll(/href="([^"]+)"[^>]*>([^<]+)/g)].map(([, to, words]) => [
      to,
      words,
    ]);
    const places = PLACES.map(({ path, words }) => [path, words]);
    expect(links).toEqual([...places, ["/docs", "Reference"]]);
  });

  it("leads to what is there, each place once", () => {
    const places = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(places).size).toBe(places.length);
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.filter((id) => !places.includes(id))).toEqual([]);
  });

  it("escapes whatever a description holds", () => {
    const hostile = `"><img src=x onerror=alert(1)>'&`;
    const [route] = ROUTES;
    if (route === undefined) throw new Error("no routes");
    const shown = referencePage(
      [{ ...route, summary: hostile, detail: hostile, path: `/${hostile}` }],
      { Shape: { description: hostile } },
    );
    expect(shown).not.toContain("<img");
    expect(shown).toContain("&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&#39;&amp;");
  });
});
