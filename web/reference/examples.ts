import type { DescribedRoute, Example } from "./described-route.ts";

/** Where `npm start` serves. The page puts its own address in its place. */
export const EXAMPLE_ADDRESS = "http://127.0.0.1:8787";

export const LANGUAGES = ["curl", "Python", "Node"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The route's example in each language, ready to be run; TOKEN stands in the environment. Empty where it has none. */
export function examplesOf(route: DescribedRoute): Map<Language, string> {
  const { example } = route;
  if (example === undefined) return new Map();
  const asked: Asked = {
    method: route.method.toUpperCase(),
    url: `${EXAMPLE_ADDRESS}${example.target}`,
    hasToken: route.scope !== null,
    ...(example.body !== undefined && { body: example.body }),
  };
  return new Map(LANGUAGES.map((language) => [language, WRITERS[language](asked)]));
}

interface Asked {
  method: string;
  url: string;
  hasToken: boolean;
  body?: NonNullable<Example["body"]>;
}

const WRITERS: Record<Language, (asked: Asked) => string> = {
  curl: ({ url, method, hasToken, body }) => {
    const usual = body === undefined ? "GET" : "POST";
    const lines = [`curl -fsS ${method === usual ? "" : `-X ${method} `}'${url}'`];
    if (hasToken) lines.push(`-H "Authorization: Bearer $TOKEN"`);
    if (body !== undefined) {
      lines.push(`-H 'Content-Type: ${typeOf(body)}'`, `-d ${inShell(textOf(body))}`);
    }
    return lines.join(" \\\n  ");
  },
  Python: ({ url, method, hasToken, body }) => {
    const headers = [
      ...(hasToken ? [`"Authorization": f"Bearer {os.environ['TOKEN']}"`] : []),
      ...(body === undefined ? [] : [`"Content-Type": "${typeOf(body)}"`]),
    ];
    const modules = [...(hasJson(body) ? ["json"] : []), ...(hasToken ? ["os"] : [])];
    return [
      `import ${[...modules, "urllib.request"].join(", ")}`,
      "",
      "request = urllib.request.Request(",
      `    "${url}",`,
      ...(body === undefined ? [] : [`    data=${pythonBody(body)}.encode(),`]),
      ...(headers.length === 0 ? [] : [`    headers={${headers.join(", ")}},`]),
      ...(method === (body === undefined ? "GET" : "POST") ? [] : [`    method="${method}",`]),
      ")",
      "with urllib.request.urlopen(request) as answer:",
      "    print(answer.read().decode())",
    ].join("\n");
  },
  Node: ({ url, method, hasToken, body }) => {
    const headers = [
      ...(hasToken ? ['authorization: "Bearer " + process.env.TOKEN'] : []),
      ...(body === undefined ? [] : [`"content-type": "${typeOf(body)}"`]),
    ];
    const options = [
      ...(method === "GET" ? [] : [`  method: "${method}",`]),
      ...(headers.length === 0 ? [] : [`  headers: { ${headers.join(", ")} },`]),
      ...(body === undefined ? [] : [`  body: ${nodeBody(body)},`]),
    ];
    const rest = options.length === 0 ? "" : `, {\n${options.join("\n")}\n}`;
    return `const answer = await fetch("${url}"${rest});\nconsole.log(await answer.text());`;
  },
};

type ExampleBody = NonNullable<Example["body"]>;

function hasJson(body: ExampleBody | undefined): boolean {
  return body !== undefined && "json" in body;
}

function typeOf(body: ExampleBody): string {
  return "json" in body ? "application/json" : body.type;
}

function textOf(body: ExampleBody): string {
  return "json" in body ? JSON.stringify(body.json) : body.text;
}

function inShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function pythonBody(body: ExampleBody): string {
  // Examples have neither true nor null, so their JSON is Python.
  return "json" in body ? `json.dumps(${spaced(body.json)})` : JSON.stringify(body.text);
}

function nodeBody(body: ExampleBody): string {
  return "json" in body ? `JSON.stringify(${spaced(body.json)})` : JSON.stringify(body.text);
}

/** JSON as people write it: a space behind each comma and colon. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, field]) => `"${key}": ${spaced(field)}`);
  return `{${fields.join(", ")}}`;
}
