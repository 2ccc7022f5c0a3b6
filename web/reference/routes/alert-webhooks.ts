import type { Answer, DescribedRoute } from "../described-route.ts";
import { text } from "../parameters.ts";

const NAME = { ...text("name", "The webhook"), in: "path", required: true } as const;
const PATH = "/api/alerts/webhooks/{name}";
const TARGET = "/api/alerts/webhooks/desk";

function json(of: NonNullable<Answer["content"]>["of"] & string, description: string): Answer {
  return { description, content: { type: "application/json", of } };
}

/** Where alerts are told. */
export const ALERT_WEBHOOKS: readonly DescribedRoute[] = [
  {
    ...{ method: "put", path: PATH, family: "Operate", scope: "write" },
    summary: "Set a webhook that alerts are told",
    detail:
      "The token must be for all symbols. Without secret it keeps its own, or is made one. What it is sent is AlertPayload, signed by Standard Webhooks.",
    parameters: [NAME],
    body: { kind: "object", of: "WebhookPush", required: true },
    answers: {
      200: json("WebhookSet", "It was there, and is another one now."),
      201: json("WebhookSet", "It is made; a secret of ours is told this once."),
    },
    example: { target: TARGET, body: { json: { url: "https://desk.example/alerts" } } },
  },
  {
    ...{ method: "get", path: "/api/alerts/webhooks", family: "Operate", scope: "write" },
    summary: "All webhooks, and how they do",
    answers: { 200: json("WebhooksAnswer", "Without their secrets.") },
    example: { target: "/api/alerts/webhooks" },
  },
  {
    ...{ method: "get", path: PATH, family: "Operate", scope: "write" },
    summary: "A webhook, and how it does",
    parameters: [NAME],
    answers: { 200: json("Webhook", "Without its secret.") },
    example: { target: TARGET },
  },
  {
    ...{ method: "post", path: `${PATH}/test`, family: "Operate", scope: "write" },
    summary: "Send a webhook something, and see what becomes of it",
    parameters: [NAME],
    answers: { 200: json("WebhookTest", "Whether it has arrived.") },
    example: { target: `${TARGET}/test` },
  },
  {
    ...{ method: "delete", path: PATH, family: "Operate", scope: "write" },
    summary: "Remove a webhook, and what waits for it",
    parameters: [NAME],
    answers: { 204: { description: "It is gone." } },
    example: { target: TARGET },
  },
];
