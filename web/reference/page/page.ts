import { PLACES } from "../../pages/shell/places.ts";
import type { JsonSchema } from "../components.ts";
import type { Answer, Body, DescribedRoute, Parameter } from "../described-route.ts";
import { EXAMPLE_ADDRESS, examplesOf, LANGUAGES } from "../examples.ts";
import { FIGURES } from "../figures.ts";
import { type Html, html } from "./html.ts";

/** What stands in the body of `/docs`. It is read without a script; the script adds copying. */
export function referencePage(
  routes: readonly DescribedRoute[],
  shapes: Readonly<Record<string, JsonSchema>>,
): string {
  const families = [...Map.groupBy(routes, ({ family }) => family)];
  return html`
<header class="top">
  <a class="brand" href="/">Edgetape</a>
  <nav class="places" aria-label="Pages">${PLACES.map(
    ({ path, words }) => html`<a href="${path}">${words}</a>`,
  )}<a href="/docs" aria-current="page">Reference</a></nav>
  <nav class="files" aria-label="Files"><a href="/openapi.json">openapi.json</a><a href="/edgetape.py">edgetape.py</a></nav>
</header>
<div class="columns">
<details class="contents" open>
  <summary>Contents</summary>
  <nav aria-label="Routes">${families.map(
    ([family, ones]) => html`
    <h2>${family}</h2>
    <ul>${ones.map((one) => html`<li><a href="#${anchorOf(one)}">${badgeOf(one)} ${one.path}</a></li>`)}</ul>`,
  )}
    <h2><a href="#figures">Figures of analytics</a></h2>
    <h2><a href="#shapes">Shapes</a></h2>
  </nav>
</details>
<main>
  <h1>HTTP API</h1>
  <p>The examples run as they are, with a token in the environment:</p>
  <pre class="code" tabindex="0"><code>export TOKEN=$(npm run -s token -- --scope "read write")</code></pre>
  <p>Refusals are <a href="#shape-Problem">problem documents</a> that say what to do, unless a route says otherwise.
  The same reference for programs is <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
  ${families.map(
    ([family, ones]) => html`
  <h2>${family}</h2>
  ${ones.map((one) => sectionOf(one))}`,
  )}
  <h2 id="figures">Figures of analytics</h2>
  <p>What the page <a href="/analytics">Analytics</a> and its routes tell.</p>
  <dl class="answers">${Object.entries(FIGURES).map(
    ([id, { name, words }]) => html`<div id="figure-${id}"><dt>${name}</dt><dd>${words}</dd></div>`,
  )}</dl>
  <h2 id="shapes">Shapes</h2>
  <p>JSON Schema 2020-12.</p>
  ${Object.entries(shapes).map(
    ([name, shape]) => html`
  <details class="shape" id="shape-${name}">
    <summary><code>${name}</code> <span class="dim">${String(shape["description"] ?? "")}</span></summary>
    <pre class="code" tabindex="0"><code>${JSON.stringify(shape, null, 2)}</code></pre>
  </details>`,
  )}
</main>
</div>`.text;
}

function anchorOf({ method, path }: DescribedRoute): string {
  return `${method}-${path.replaceAll(/[^A-Za-z0-9]+/g, "-").replaceAll(/^-|-$/g, "")}`;
}

function badgeOf({ method }: DescribedRoute): Html {
  return html`<span class="method is-${method}">${method.toUpperCase()}</span>`;
}

function sectionOf(route: DescribedRoute): Html {
  const { path, summary, detail, scope, parameters = [], body, answers, refusal } = route;
  const all = Object.entries(answers);
  return html`
  <section id="${anchorOf(route)}">
    <h3><a href="#${anchorOf(route)}">${badgeOf(route)} <code>${path}</code></a></h3>
    <p>${summary}. ${detail ?? ""}</p>
    <p class="dim">${scope === null ? "No token." : html`A token with the scope <code>${scope}</code>.`}</p>
    ${parameters.length === 0 ? "" : tableOf(parameters)}
    ${body === undefined ? "" : html`<p>Body: ${bodyOf(body)}</p>`}
    <dl class="answers">${[
      ...all,
      ...(refusal === undefined ? [] : [["else", refusal] as const]),
    ].map(
      ([status, answer]) => html`<div><dt>${status}</dt><dd>${answerOf(answer)}</dd></div>`,
    )}</dl>
    ${codeOf(route)}
  </section>`;
}

function tableOf(parameters: readonly Parameter[]): Html {
  return html`<div class="wide"><table>
      <thead><tr><th scope="col">Parameter</th><th scope="col">Values</th><th scope="col">What</th></tr></thead>
      <tbody>${parameters.map(
        (one) => html`
      <tr><th scope="row"><code>${one.name}</code>${one.in === "query" ? "" : html` <span class="dim">${one.in}</span>`}${
        one.required === true ? html` <span class="required">required</span>` : ""
      }</th><td>${valuesOf(one)}</td><td>${one.description}</td></tr>`,
      )}</tbody>
    </table></div>`;
}

function valuesOf({ schema }: Parameter): Html {
  if ("$ref" in schema) return shapeLink(schema.$ref.split("/").at(-1) ?? "");
  const fallback =
    "default" in schema && schema.default !== undefined
      ? html`<span class="dim">, else ${schema.default}</span>`
      : "";
  if (schema.type === "integer") return html`${schema.minimum} to ${schema.maximum}${fallback}`;
  if ("enum" in schema && schema.enum !== undefined) {
    return html`<code>${schema.enum.join(" ")}</code>${fallback}`;
  }
  return html`${schema.type === "number" ? "number" : "text"}${fallback}`;
}

function shapeLink(name: string): Html {
  return html`<a href="#shape-${name}"><code>${name}</code></a>`;
}

function bodyOf(body: Body): Html {
  switch (body.kind) {
    case "items":
      return html`one ${shapeLink(body.of)}, an array of them, or NDJSON; plain or gzip.`;
    case "object":
      return html`a ${shapeLink(body.of)}${body.required ? "." : ", or none."}`;
    case "opaque":
      return html`${body.description}`;
    default:
      return body satisfies never;
  }
}

function answerOf({ description, content }: Answer): Html {
  const shape = content?.of === undefined ? "" : shapeLink(content.of);
  return html`${description} ${shape}`;
}

function codeOf(route: DescribedRoute): Html {
  const examples = examplesOf(route);
  const group = `of-${anchorOf(route)}`;
  return html`${LANGUAGES.filter((one) => examples.has(one)).map(
    (language, at) => html`
    <details class="example" name="${group}"${at === 0 ? html` open` : ""}>
      <summary>${language}</summary>
      <pre class="code" tabindex="0" data-address="${EXAMPLE_ADDRESS}"><code>${examples.get(language) ?? ""}</code></pre>
    </details>`,
  )}`;
}
