import { Hono } from "hono";
import { notifierAt } from "../bindings/objects.ts";
import { allowedWebhookHosts } from "../bindings/public-network.ts";
import { judgeAddress } from "../formats/webhooks/address.ts";
import { accessOf, forbidden, needs } from "../http/access/authorize.ts";
import { readObject, unfit } from "../http/body/read-object.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { badParameters, Refusal } from "../http/problems/refusal.ts";
import { WEBHOOK_NAME, webhookPushSchema } from "../protocol/alerts/webhook.ts";

/** They tell of all symbols, and an address may hold a secret of its own: only who may write all symbols sees them (SPEC WH-1). */
const NO_STORE = { "cache-control": "no-store" };

/** Where alerts are told. */
export const alertWebhookRoutes = new Hono<AppEnv>()
  .use("/api/alerts/webhooks", needs("write"))
  .use("/api/alerts/webhooks/*", needs("write"))
  .get("/api/alerts/webhooks", async (c) => {
    coverAll(c);
    return c.json({ webhooks: await notifierAt(c.env).webhooks() }, 200, NO_STORE);
  })
  .get("/api/alerts/webhooks/:name", async (c) => {
    coverAll(c);
    const name = nameOf(c);
    const found = (await notifierAt(c.env).webhooks()).find((one) => one.name === name);
    if (found === undefined) throw noWebhook(name);
    return c.json(found, 200, NO_STORE);
  })
  .put("/api/alerts/webhooks/:name", async (c) => {
    coverAll(c);
    const name = nameOf(c);
    const push = await readObject(c, webhookPushSchema);
    const verdict = judgeAddress(push.url, allowedWebhookHosts(c.env));
    if (verdict.kind === "refused") throw unfit({ path: "url", message: verdict.why });
    const set = await notifierAt(c.env).setWebhook(name, { ...push, url: verdict.url });
    if (set.kind === "full") {
      throw unfit({
        path: "name",
        message: `would be one of more than ${set.most}: remove another`,
      });
    }
    const { isNew, url, secret } = set;
    const answer = { name, url, ...(secret !== undefined && { secret }) };
    return c.json(answer, isNew ? 201 : 200, NO_STORE);
  })
  .delete("/api/alerts/webhooks/:name", async (c) => {
    coverAll(c);
    const name = nameOf(c);
    if (!(await notifierAt(c.env).removeWebhook(name))) throw noWebhook(name);
    return c.body(null, 204);
  })
  .post("/api/alerts/webhooks/:name/test", async (c) => {
    coverAll(c);
    const name = nameOf(c);
    const outcome = await notifierAt(c.env).testWebhook(name);
    if (outcome === null) throw noWebhook(name);
    return c.json(outcome, 200, NO_STORE);
  });

function coverAll(c: AppContext): void {
  if (accessOf(c).grant.symbols === null) return;
  throw new Refusal(
    forbidden("Webhooks are told of all symbols, and the token is for some of them."),
  );
}

/** The route takes no other name, so none is there. */
function nameOf(c: AppContext): string {
  const name = c.req.param("name") ?? "";
  if (WEBHOOK_NAME.test(name)) return name;
  throw badParameters({
    path: "name",
    message: "must be 1 to 64 letters, digits, _, . or -, the first a letter or a digit",
  });
}

function noWebhook(name: string): Refusal {
  return new Refusal({
    ...{ status: 404, type: "no-such-webhook", title: "No such webhook" },
    detail: `There is no webhook ${name}: PUT /api/alerts/webhooks/${name} makes one.`,
  });
}
