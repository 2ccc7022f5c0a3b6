import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

/** Served beside the page, so that `curl -O SERVER/edgetape.py` has the client that fits the server. */
const pythonClient: Plugin = {
  name: "python-client",
  apply: "build",
  generateBundle() {
    const source = readFileSync(new URL("../push/python/edgetape.py", import.meta.url));
    this.emitFile({ type: "asset", fileName: "edgetape.py", source });
  },
};

export default defineConfig({
  base: "/",
  plugins: [pythonClient],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    // One page and one script: a preloading shim for split code would be bytes for nothing.
    modulePreload: false,
    rolldownOptions: {
      treeshake: {
        // The wire types live beside their schemas. A module of ours that is imported for a constant alone must not
        // bring the validator into the browser with it; style sheets are the only imports made for their effect.
        moduleSideEffects: (id) => /(\.css|\/main\.tsx|\/valid-locale\.ts)$/.test(id),
      },
    },
  },
});
