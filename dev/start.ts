import { answerHelp } from "./cli/answer-help.ts";
import { supervise } from "./product/supervise.ts";

answerHelp(`npm start    runs Edgetape on this machine until Ctrl-C

Settings come by environment, such as PORT=9000 npm start. docs/guides/operate.md has all of them.
  PORT, HOST            where it listens: 8787 on 127.0.0.1
  DATA_DIR              what it keeps: .data
  DATABASE_URL          a Postgres of yours instead of the embedded one
  JWT_SECRET, JWT_JWKS_URL, PUBLIC_READ   who may read and write

npm run demo, npm run token, npm run import and npm run db:doctor find it by DATA_DIR.`);

await supervise();
