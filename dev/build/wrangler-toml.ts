import { parse } from "smol-toml";
import * as z from "zod";

const durableObjectSchema = z.object({ name: z.string(), class_name: z.string() });
const migrationSchema = z.object({
  tag: z.string(),
  new_sqlite_classes: z.array(z.string()).default([]),
});

/** The part of wrangler.toml that says what the Worker needs; the rest is Cloudflare's own business. */
const wranglerSchema = z.object({
  main: z.string(),
  compatibility_date: z.iso.date(),
  compatibility_flags: z.array(z.string()).default([]),
  vars: z.record(z.string(), z.string()).default({}),
  assets: z.object({ directory: z.string(), binding: z.string() }),
  durable_objects: z.object({ bindings: z.array(durableObjectSchema) }),
  migrations: z.array(migrationSchema),
});

export type WorkerNeeds = {
  main: string;
  compatibilityDate: string;
  compatibilityFlags: string[];
  vars: Record<string, string>;
  assets: { directory: string; binding: string };
  durableObjects: { binding: string; className: string }[];
  /** What V8 is told in the place of what a runtime tells it, as how much memory it may take; wrangler.toml has nothing of it. */
  v8Flags?: string[];
};

/** Reads wrangler.toml. Throws where it does not hold what the Worker needs, naming the field. */
export function readWranglerToml(text: string): WorkerNeeds {
  const answer = wranglerSchema.safeParse(parse(text));
  if (!answer.success) throw new Error(`wrangler.toml: ${z.prettifyError(answer.error)}`);
  const found = answer.data;
  const sqliteClasses = new Set(
    found.migrations.flatMap((migration) => migration.new_sqlite_classes),
  );
  const durableObjects = found.durable_objects.bindings.map((each) => {
    if (!sqliteClasses.has(each.class_name)) {
      throw new Error(`wrangler.toml: no migration lists ${each.class_name} in new_sqlite_classes`);
    }
    return { binding: each.name, className: each.class_name };
  });
  return {
    main: found.main,
    compatibilityDate: found.compatibility_date,
    compatibilityFlags: found.compatibility_flags,
    vars: found.vars,
    assets: found.assets,
    durableObjects,
  };
}
