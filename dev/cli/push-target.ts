import { setTimeout as sleep } from "node:timers/promises";
import { runningOn } from "../data-folder/folder-lock.ts";
import { environmentOfProduct } from "../data-folder/running-products.ts";
import { secretFor } from "../data-folder/secrets.ts";
import type { PushTarget } from "../demo/push.ts";
import { hostAndPort, readSettings } from "../product/settings.ts";
import { mintToken } from "./mint-token.ts";

/** A first start on a slow machine is given so long, in ms. */
const START_MS = 30_000;

/** Where to push: as told, else the product that runs on this machine's data folder, with a token made for it. */
export async function findTarget(
  given: { url: string | undefined; token: string | undefined },
  maker: { subject: string; ttlSeconds: number },
): Promise<PushTarget> {
  if (given.url !== undefined && given.token !== undefined) {
    return { url: given.url, token: given.token };
  }
  const environment = environmentOfProduct(process.env, process.cwd(), given.url);
  const read = readSettings(environment, process.cwd());
  if (read.kind === "invalid") throw new Error(read.problems.join("\n"));
  const { settings } = read;
  const url =
    given.url ??
    (await urlOnceStarted(settings.dataDir)) ??
    `http://${hostAndPort(settings.host, settings.port)}`;
  if (given.token !== undefined) return { url, token: given.token };
  const secret = secretFor(settings, runningOn(settings.dataDir)?.signer);
  const nowSeconds = Math.floor(Date.now() / 1_000);
  return { url, token: await mintToken(secret, { scopes: ["write"], ...maker }, nowSeconds) };
}

/** Where the product on `dataDir` answers, as soon as it does; undefined where none runs. */
async function urlOnceStarted(dataDir: string): Promise<string | undefined> {
  const deadlineMs = performance.now() + START_MS;
  for (;;) {
    const product = runningOn(dataDir);
    if (product?.url !== undefined || product === undefined || performance.now() > deadlineMs) {
      return product?.url;
    }
    await sleep(50);
  }
}
