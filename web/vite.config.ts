import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { components } from "./reference/components.ts";
import { openApiDocument } from "./reference/document.ts";
import { referencePage } from "./reference/page/page.ts";
import { ROUTES } from "./reference/routes.ts";

/** Served beside the page, so that `curl -O SERVER/edgetape.py` has the client that fits the server. */
const pythonClient: Plugin = {
  name: "python-client",
  apply: "build",
  generateBundle() {
    const source = readFileSync(new URL("../push/python/edgetape.py", import.meta.url));
    this.emitFile({ type: "asset", fileName: "edgetape.py", source });
  },
};

/** The reference, for people in `/docs` and for programs. It is made here, so no Worker carries it. */
const reference: Plugin = {
  name: "reference",
  transformIndexHtml: (page) =>
    page.replace("<!-- reference -->", () => referencePage(ROUTES, components())),
  generateBundle() {
    const source = JSON.stringify(openApiDocument(ROUTES));
    this.emitFile({ type: "asset", fileName: "openapi.json", source });
  },
};

/** What libraries bring along and the pages never use, so that it is not weighed and loaded: text by what is in the path of its module. */
const UNUSED = {
  // The logo of the chart: candle-pane.tsx has the library's notice in words.
  "/lightweight-charts/": /<svg.*?<\/svg>|a#tv-attr-logo[^"]*/g,
  // Steps, bars and splines: panels have straight lines.
  "/uplot/": /\(paths\.(?:stepped|bars|spline)\s*= \w+\);/g,
};

const withoutUnused: Plugin = {
  name: "without-unused",
  apply: "build",
  transform(code, id) {
    const [, unused] = Object.entries(UNUSED).find(([path]) => id.includes(path)) ?? [];
    if (unused === undefined || id.endsWith(".css")) return null;
    const without = code.replace(unused, "");
    if (without === code) this.error(`${id} does not bring what was left out of it`);
    return { code: without, map: null };
  },
};

export default defineConfig({
  base: "/",
  plugins: [pythonClient, reference, withoutUnused],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    // A page's script is asked for when it is opened: a preloading shim would be bytes for nothing.
    modulePreload: false,
    rolldownOptions: {
      input: ["index.html", "docs.html"].map((page) =>
        fileURLToPath(new URL(page, import.meta.url)),
      ),
      treeshake: {
        // The wire types live beside their schemas. A module of ours that is imported for a constant alone must not
        // bring the validator into the browser with it; style sheets are the only imports made for their effect.
        moduleSideEffects: (id) => /(\.css|\/main\.tsx|\/copying\.ts|\/valid-locale\.ts)$/.test(id),
      },
    },
  },
});
