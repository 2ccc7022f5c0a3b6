import { watch } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createServer as createViteServer } from "vite";
import { answerHelp } from "./cli/answer-help.ts";
import type { Logger } from "./log/log.ts";
import type { Product } from "./product/product.ts";
import { PROJECT_DIR, supervise } from "./product/supervise.ts";

/**
 * `npm run dev`: the product as `npm start` runs it, with reload. A change of the Worker is bundled and put to work in
 * well under a second, and rooms and viewers live through it as through a deploy; the dashboard comes from Vite, which
 * shows a change at once and passes everything else on.
 */
answerHelp(`npm run dev    the product as npm start runs it, with reload

Settings come by environment, as for npm start: PORT=9000 npm run dev.`);

await supervise((product, log) => {
  watchWorker(product, log);
  void serveDashboard(product.url).then((url) => {
    process.stdout.write(`  Dashboard with reload   ${url}\n\n`);
  });
});

/** Editors write a file in several steps. */
const SETTLE_MS = 60;

function watchWorker(product: Product, log: Logger): void {
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const onChange = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(() => reload(product, log));
    }, SETTLE_MS);
  };
  for (const folder of ["src", "durable"]) {
    watch(join(PROJECT_DIR, folder), { recursive: true }, onChange);
  }
  watch(join(PROJECT_DIR, "wrangler.toml"), onChange);
}

async function reload(product: Product, log: Logger): Promise<void> {
  const startedMs = performance.now();
  try {
    await product.bundle();
  } catch (error) {
    log.error("not reloaded: the Worker does not build", {
      error: error instanceof Error ? error.message : String(error),
    });
    return;
  }
  await product.replaceRuntimes();
  log.info("Worker reloaded", { in_ms: Math.round(performance.now() - startedMs) });
}

async function serveDashboard(productUrl: string): Promise<string> {
  const toProduct = { target: productUrl, ws: true };
  // A server of our own, for Vite's ends the whole process on SIGTERM, before the product has stopped in good order.
  const server = createServer();
  const vite = await createViteServer({
    root: join(PROJECT_DIR, "web"),
    clearScreen: false,
    logLevel: "warn",
    server: {
      middlewareMode: { server },
      hmr: { server },
      proxy: Object.fromEntries(
        ["/api", "/v1", "/ws", "/write", "/healthz", "/readyz", "/metrics"].map((path) => [
          path,
          toProduct,
        ]),
      ),
    },
  });
  server.on("request", vite.middlewares);
  return await new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    });
  });
}
