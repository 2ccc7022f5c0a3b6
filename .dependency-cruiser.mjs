/**
 * Imports run one way:
 *   protocol <- core <- formats, db <- reads <- appends <- http <- routes <- worker
 *   formats, db <- durable <- worker
 *   client, web <- protocol, and core's pure parts
 * and inside db:
 *   driver <- store <- bars, series <- events; bars, series <- upkeep
 */

/** A layer may import these folders (and itself) of the project; everything else of the project is out of bounds. */
function layer(name, path, allowed) {
  const inside = [path, ...allowed].join("|");
  return {
    name: `layer-${name}`,
    severity: "error",
    from: { path },
    to: { path: "^(src|durable|client|push|web|dev|test|bench)/", pathNot: inside },
  };
}

/** A layer that runs anywhere: no module of Node's or of the Workers runtime, and no package but `packages`. */
function pure(name, path, packages) {
  return [
    {
      name: `pure-${name}`,
      severity: "error",
      from: { path },
      to: { path: "^(cloudflare|node|workerd):" },
    },
    {
      name: `no-builtin-${name}`,
      severity: "error",
      from: { path },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: `packages-${name}`,
      severity: "error",
      from: { path },
      to: { path: "node_modules/", pathNot: packages.map((each) => `node_modules/${each}/`) },
    },
  ];
}

const PROTOCOL = "^src/protocol/";
const CORE = "^src/core/";
const FORMATS = "^src/formats/";
const DB = "^src/db/";
const TELEMETRY = "^src/telemetry/";
const BINDINGS = "^src/bindings/";
const CONFIG = "^src/(config|access-settings|placement-settings)\\.ts$";
const SETTINGS = "^src/((config|placement-settings)\\.ts$|bindings/)";
const HTTP = "^src/http/";
const TOKEN = "^src/http/access/token\\.ts$";
const READS = "^src/reads/";
const APPENDS = "^src/appends/";
const ROUTES = "^src/routes/";
const DURABLE = "^durable/";
const CLIENT = "^client/";
const PUSH = "^push/node/";

/** A folder of src/db, each of which answers one question; which of the others it may ask. */
const DB_FOLDERS = {
  driver: [],
  store: ["driver"],
  bars: ["driver", "store"],
  series: ["driver", "store"],
  events: ["driver", "store", "bars", "series"],
  orders: ["driver", "events"],
  logs: ["driver", "store", "events"],
  upkeep: ["driver", "bars", "series"],
};
const dbFolder = (name) => `^src/db/${name}/`;

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    layer("protocol", PROTOCOL, []),
    layer("core", CORE, [PROTOCOL]),
    layer("formats", FORMATS, [PROTOCOL, CORE]),
    ...Object.entries(DB_FOLDERS).map(([name, others]) =>
      layer(`db-${name}`, dbFolder(name), [PROTOCOL, CORE, ...others.map(dbFolder)]),
    ),
    {
      name: "db-is-folders",
      comment: "A file of src/db belongs to the folder of its question.",
      severity: "error",
      from: {},
      to: { path: DB, pathNot: Object.keys(DB_FOLDERS).map(dbFolder).join("|") },
    },
    layer("bindings", BINDINGS, [PROTOCOL, CORE, CONFIG]),
    layer("config", CONFIG, [PROTOCOL, CORE, BINDINGS]),
    layer("telemetry", TELEMETRY, [PROTOCOL, CORE, SETTINGS]),
    layer("reads", READS, [PROTOCOL, CORE, DB, BINDINGS]),
    layer("appends", APPENDS, [PROTOCOL, CORE, SETTINGS, READS]),
    layer("http", HTTP, [
      ...[PROTOCOL, CORE, FORMATS, dbFolder("driver"), TELEMETRY, SETTINGS],
      ...[READS, APPENDS],
    ]),
    layer("routes", ROUTES, [
      ...[PROTOCOL, CORE, FORMATS, DB, TELEMETRY, SETTINGS],
      ...[READS, APPENDS, HTTP],
    ]),
    // A stream's token is renewed where the stream is.
    layer("durable", DURABLE, [PROTOCOL, CORE, FORMATS, DB, TELEMETRY, SETTINGS, TOKEN]),
    layer("client", CLIENT, [PROTOCOL, CORE]),
    layer("web", "^web/", [PROTOCOL, CORE, CLIENT]),
    layer("worker", "^src/(?!(config|access-settings|placement-settings)\\.ts$)[^/]+\\.ts$", [
      "^src/",
      DURABLE,
    ]),
    // A package of its own: nothing of the server is in it.
    layer("push", PUSH, []),
    // What a page takes is measured in the browser of the tests.
    layer("bench", "^bench/", ["^src/", DURABLE, CLIENT, PUSH, "^dev/", "^test/e2e/browser\\.ts"]),
    layer("dev", "^dev/(?!backup/)", [
      PROTOCOL,
      CORE,
      dbFolder("(driver|upkeep)"),
      SETTINGS,
      "^dev/",
    ]),
    // A backup and a restore open the files of hosts by the code that made them.
    layer("backup", "^dev/backup/", [
      PROTOCOL,
      "^dev/",
      "^durable/host/log/host-log\\.ts$",
      "^durable/room/sql-port\\.ts$",
    ]),
    ...pure("protocol", PROTOCOL, ["zod"]),
    ...pure("core", CORE, ["zod"]),
    ...pure("formats", FORMATS, ["zod", "hyparquet-writer", "hyparquet"]),
    ...pure("db", DB, ["@neondatabase/serverless"]),
    // What is read and appended knows no request: Hono stays in http and routes.
    ...pure("reads", READS, []),
    ...pure("appends", APPENDS, []),
    ...pure("bindings", BINDINGS, ["@cloudflare/workers-types"]),
    ...pure("config", CONFIG, ["zod"]),
    ...pure("client", CLIENT, []),
    ...pure("web", "^web/(?!vite\\.config\\.ts$|reference/)", [
      "preact",
      "lightweight-charts",
      "uplot",
    ]),
    // Made at build, so the validator may be in it.
    ...pure("reference", "^web/reference/", ["zod"]),
    {
      name: "no-page-carries-the-reference",
      severity: "error",
      from: { path: "^web/(?!vite\\.config\\.ts$|reference/)" },
      to: { path: "^web/reference/" },
    },
    {
      name: "only-the-driver-knows-the-driver",
      comment:
        "Every query goes through src/db/driver, so that one place decides how Postgres is reached.",
      severity: "error",
      from: { path: "^(src|durable|web|client|dev|bench)/", pathNot: dbFolder("driver") },
      to: { path: "node_modules/@neondatabase/serverless" },
    },
    {
      name: "durable-shells-are-thin",
      comment:
        "Only durable/room/room.ts and its like know the Workers runtime; what they are made of is tested bare.",
      severity: "error",
      from: {
        path: DURABLE,
        pathNot: "^durable/(([^/]+)/\\2|first-edition/(room|directory))\\.ts$",
      },
      to: { path: "^cloudflare:" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "resolvable",
      severity: "error",
      from: {},
      to: {
        couldNotResolve: true,
        pathNot: "^(cloudflare|virtual):|^@cloudflare/vitest-plugin|\\.css$",
      },
    },
    {
      name: "shipped-code-uses-shipped-packages",
      severity: "error",
      from: { path: "^(src|durable|web|client|push|dev)/" },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["type-only"],
      },
    },
  ],
  options: {
    // TypeScript 7 has no compiler API for this tool to use.
    parser: "swc",
    doNotFollow: { path: "node_modules" },
    // What `npm pack` has built.
    exclude: { path: "^(client|push/node)/dist/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "workerd", "browser", "default", "types"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".json"],
    },
  },
};
