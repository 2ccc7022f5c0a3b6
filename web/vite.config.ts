import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { keepOwnNames } from "./bundling/own-names.ts";
import { isOfEveryPage } from "./bundling/shared-modules.ts";
import { components } from "./reference/components.ts";
import { openApiDocument } from "./reference/document.ts";
import { referencePage } from "./reference/page/page.ts";
import { ROUTES } from "./reference/routes.ts";
import type { Build } from "./worker/own-files.ts";

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

const CHARTS = fileURLToPath(new URL("../node_modules/lightweight-charts/dist", import.meta.url));

const PRELOADING = "\0vite/preload-helper.js";

/** Vite puts a loader of style sheets around each script that is loaded later. These have none of their own: what is left is to load them. */
const withoutPreloading: Plugin = {
  name: "without-preloading",
  apply: "build",
  enforce: "pre",
  load: (id) => (id === PRELOADING ? "export const __vitePreload = (load) => load();" : null),
  buildEnd() {
    if (this.getModuleInfo(PRELOADING) === null) this.error("the loader has another name now");
  },
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== "chunk" || !file.isDynamicEntry || !file.viteMetadata?.importedCss.size)
        continue;
      this.error(`nothing would load the styles of ${file.fileName}: import them in main.tsx`);
    }
  },
};

const ownNames: Plugin = {
  name: "own-names",
  // A source map would lead to other places.
  apply: ({ build }, { command }) => command === "build" && !build?.sourcemap,
  generateBundle: (_options, bundle) =>
    keepOwnNames(Object.values(bundle).filter((file) => file.type === "chunk")),
};

const WORKER = "service-worker";

/** Tells the service worker what the build is made of, once all of it is there. */
const ownFiles: Plugin = {
  name: "own-files",
  apply: "build",
  enforce: "post",
  generateBundle(_options, bundle) {
    // Not those of the reference, which is no page of the dashboard.
    const files = Object.keys(bundle).filter((file) => /^assets\/(?!docs-)/.test(file));
    const page = bundle["index.html"];
    const entry = files.find((file) => /^assets\/index-[^/]*\.js$/.test(file));
    const worker = bundle[`${WORKER}.js`];
    if (page?.type !== "asset" || entry === undefined || worker?.type !== "chunk") {
      throw new Error("the dashboard has no page, no script, or no service worker");
    }
    // A worker that imports would have to be a module, which not every browser takes.
    if (worker.imports.length > 0) throw new Error(`${WORKER} shares ${worker.imports.join()}`);
    // The browser would ask for what the entry needs once it has read the entry: there is nothing.
    const script = bundle[entry];
    if (script?.type !== "chunk" || script.imports.length > 0) throw new Error(`${entry} imports`);
    const hash = createHash("sha256").update(files.sort().join()).update(page.source);
    const build: Build = {
      version: hash.digest("hex").slice(0, 12),
      entry: `/${entry}`,
      files: files.map((file) => `/${file}`),
    };
    worker.code = worker.code.replace("EDGETAPE_BUILD", () => JSON.stringify(build));
  },
};

export default defineConfig({
  base: "/",
  // The library's own build with what it needs in it: 0.1 KB smaller than the two apart.
  resolve: {
    alias: { "lightweight-charts": `${CHARTS}/lightweight-charts.standalone.production.mjs` },
  },
  plugins: [pythonClient, reference, withoutUnused, withoutPreloading, ownNames, ownFiles],
  // Not `automatic`: calls of h, with children as its arguments, are 0.6 KB smaller than those of jsx and jsxs.
  oxc: {
    jsx: { runtime: "classic", pragma: "_h", pragmaFrag: "_Fragment" },
    jsxInject: `import { h as _h, Fragment as _Fragment } from "preact"`,
  },
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    // A page's script is asked for when it is opened: a preloading shim would be bytes for nothing.
    modulePreload: false,
    rolldownOptions: {
      input: ["index.html", "docs.html", `worker/${WORKER}.ts`].map((file) =>
        fileURLToPath(new URL(file, import.meta.url)),
      ),
      output: {
        // What begins the dashboard and what pages share is one file, for every page needs both: as two they are 1.2 KB larger, and each of many would be
        // packed by itself, and 4 KB larger together. Charts are no part of it.
        codeSplitting: {
          groups: [
            {
              debugName: "index",
              name: (id, graph) => (isOfEveryPage(id, graph) ? "index" : null),
              test: /\/(web|client|src)\/(?!charts\/)/,
            },
          ],
        },
        // The worker's name stays, for browsers ask for a newer one by it.
        entryFileNames: ({ name }) => (name === WORKER ? "[name].js" : "assets/[name]-[hash].js"),
      },
      treeshake: {
        // The wire types live beside their schemas. A module of ours that is imported for a constant alone must not
        // bring the validator into the browser with it; style sheets are the only imports made for their effect.
        moduleSideEffects: (id) => /(\.css|\/main\.tsx|\/copying\.ts|\/valid-locale\.ts)$/.test(id),
      },
    },
  },
});
