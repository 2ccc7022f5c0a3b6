import { parse } from "smol-toml";
import * as z from "zod";

const placeSchema = z.object({
  name: z.string(),
  vars: z.record(z.string(), z.string()).default({}),
});
const wranglerSchema = placeSchema.extend({ env: z.record(z.string(), placeSchema).default({}) });

/** What wrangler.toml says of a place that is deployed to. */
export interface DeployEnvironment {
  /** Of the Worker. */
  name: string;
  vars: Record<string, string>;
}

/** The environments of wrangler.toml, by name; `production` is what stands outside of them. */
export function deployEnvironments(toml: string): Map<string, DeployEnvironment> {
  const { env, ...production } = wranglerSchema.parse(parse(toml));
  return new Map([["production", production], ...Object.entries(env)]);
}
