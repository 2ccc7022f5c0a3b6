/** What the package `@edgetape/push` offers; inside this repository each file is imported by its own name. */
export { Edgetape } from "./edgetape.ts";
export type {
  Book,
  Level,
  MetricOptions,
  Moment,
  Note,
  Order,
  Position,
  Route,
  Trade,
} from "./kinds.ts";
export type { Metric, Timer, Unit } from "./metric.ts";
export type { Counts, EdgetapeOptions, Stats } from "./options.ts";
export type { Refused } from "./refused.ts";
