/** `node initdb.ts FOLDER`: a new embedded database in an empty folder (see make-cluster.ts). */
import { PGlite } from "@electric-sql/pglite";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("name a folder");
const pg = await PGlite.create(folder);
await pg.close();
