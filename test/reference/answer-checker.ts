import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { type ComponentName, components } from "../../web/reference/components.ts";
import type { Answer, DescribedRoute } from "../../web/reference/described-route.ts";
import { openApiDocument } from "../../web/reference/document.ts";
import { ROUTES } from "../../web/reference/routes.ts";

/** Whether answers are as the reference says they are. */
export class AnswerChecker {
  readonly #validators = new Map<string, ValidateFunction>();

  constructor() {
    const ajv = new Ajv2020({ strict: false, allErrors: false });
    ajv.addSchema(openApiDocument(ROUTES), "openapi");
    for (const name of Object.keys(components())) {
      const validate = ajv.getSchema(`openapi#/components/schemas/${name}`);
      if (validate !== undefined) this.#validators.set(name, validate);
    }
  }

  /** What is wrong with the answer to a request; null where nothing is, or the path is none of a route. */
  fault(method: string, target: string, { status, headers, text }: Answered): string | null {
    const { pathname } = new URL(target, "http://edgetape");
    const route = routeAt(method, pathname);
    if (route === null) return null;
    const said = route.answers[String(status)] ?? (status >= 400 ? refusalOf(route) : undefined);
    const what = `${method} ${pathname} answered ${status}`;
    if (said === undefined) return `${what}, which the reference does not have`;
    const type = (headers.get("content-type") ?? "").split(";")[0]?.trim();
    if (said.content === undefined) return text === "" ? null : `${what} with a body`;
    if (type !== undefined && type === said.content.orAs) return null;
    if (type !== said.content.type) return `${what} as ${type}, not as ${said.content.type}`;
    if (said.content.of === undefined) return null;
    const fault = this.shapeFault(said.content.of, text);
    return fault === null ? null : `${what}: ${fault}`;
  }

  /** Why a JSON text is none of a component; null where it is one. */
  shapeFault(name: ComponentName, text: string): string | null {
    const validate = this.#validators.get(name);
    if (validate === undefined) return `there is no component ${name}`;
    if (validate(JSON.parse(text))) return null;
    const [error] = validate.errors ?? [];
    return `no ${name}: ${error?.instancePath} ${error?.message}`;
  }
}

interface Answered {
  status: number;
  headers: Headers;
  text: string;
}

const PROBLEM: Answer = {
  description: "",
  content: { type: "application/problem+json", of: "Problem" },
};

function refusalOf(route: DescribedRoute): Answer {
  return route.refusal ?? PROBLEM;
}

function routeAt(method: string, pathname: string): DescribedRoute | null {
  const found = ROUTES.filter(
    (route) =>
      route.method === method.toLowerCase() &&
      new RegExp(`^${route.path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`).test(pathname),
  );
  // `/api/metrics/names` before what would take it for a parameter.
  return found.sort((a, b) => b.path.length - a.path.length)[0] ?? null;
}
