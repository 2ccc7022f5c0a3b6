import { components, type JsonSchema, refTo } from "./components.ts";
import type { Answer, Body, DescribedRoute } from "./described-route.ts";

const PROBLEM: Answer = {
  description: "Refused, and why. 429 and 503 have Retry-After.",
  content: { type: "application/problem+json", of: "Problem" },
};

/** The OpenAPI 3.1 document of routes: `/openapi.json`. */
export function openApiDocument(routes: readonly DescribedRoute[]): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Edgetape",
      version: "1",
      summary: "A live tape for trading systems.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: components(),
      securitySchemes: {
        token: {
          ...{ type: "http", scheme: "bearer", bearerFormat: "JWT" },
          description:
            "A token with the scope read, write or admin. PUBLIC_READ may open what needs read to requests without one.",
        },
      },
    },
  };
}

function operationOf(route: DescribedRoute): JsonSchema {
  const { method, path, family, summary, detail, scope, parameters, body, answers } = route;
  return {
    operationId: `${method}_${path.replaceAll(/[^A-Za-z0-9]+/g, "_").replaceAll(/^_|_$/g, "")}`,
    tags: [family],
    summary,
    ...(detail !== undefined && { description: detail }),
    security: scope === null ? [] : [{ token: [scope] }],
    ...(parameters !== undefined && { parameters }),
    ...(body !== undefined && { requestBody: bodyOf(body) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]),
      ),
      default: responseOf(route.refusal ?? PROBLEM),
    },
  };
}

function bodyOf(body: Body): JsonSchema {
  switch (body.kind) {
    case "items": {
      const item = refTo(body.of);
      const schema = { anyOf: [item, { type: "array", items: item, minItems: 1 }] };
      return {
        description: "An object, an array of objects, or NDJSON; plain or gzip.",
        required: true,
        content: {
          "application/json": { schema },
          "application/x-ndjson": { schema: { type: "string" } },
        },
      };
    }
    case "object":
      return {
        required: body.required,
        content: { "application/json": { schema: refTo(body.of) } },
      };
    case "opaque":
      return {
        description: body.description,
        required: true,
        content: Object.fromEntries(body.contentTypes.map((type) => [type, {}])),
      };
    default:
      return body satisfies never;
  }
}

function responseOf({ description, content }: Answer): JsonSchema {
  if (content === undefined) return { description };
  const schema = content.of === undefined ? {} : { schema: refTo(content.of) };
  const { type, orAs } = content;
  return { description, content: { [type]: schema, ...(orAs !== undefined && { [orAs]: {} }) } };
}
