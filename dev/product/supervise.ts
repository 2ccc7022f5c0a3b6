import { closeSync, existsSync, openSync } from "node:fs";
import { sharesOf } from "../../src/core/limits/descriptor-budget.ts";
import { hostsElsewhere } from "../../src/core/placement/ownership.ts";
import { restoreDraft } from "../backup/restore-draft.ts";
import { mintToken } from "../cli/mint-token.ts";
import { type FolderLock, takeFolder } from "../data-folder/folder-lock.ts";
import { announce } from "../data-folder/running-products.ts";
import { signerOf, signingSecret } from "../data-folder/secrets.ts";
import { type Logger, openLog, processOutput } from "../log/log.ts";
import { LogFile } from "../log/log-file.ts";
import { identityOf, isAlive, type ProcessIdentity } from "../process/process-identity.ts";
import { descriptorLimit } from "../process/runtime-process.ts";
import { FEW_DESCRIPTORS } from "../runtimes/guarding.ts";
import { openSockets } from "../runtimes/open-sockets.ts";
import { banner } from "./banner.ts";
import { Product } from "./product.ts";
import { isLoopback, readSettings, type Settings } from "./settings.ts";

export const PROJECT_DIR = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const BANNER_TOKEN_SECONDS = 24 * 3_600;
/** npm passes on the signal the terminal has already sent to everyone: two so close are one Ctrl-C. */
const SAME_SIGNAL_MS = 300;
/** So long the end waits for the file of the log, in ms. */
const LOG_GRACE_MS = 1_000;
/** npm that is killed passes nothing on: so often it is looked whether it lives, in ms. */
const NPM_POLL_MS = 200;

/**
 * Runs the product in this process until a signal ends it, then exits. `onReady` is called once it answers.
 * Every reason not to start is said in a line that names what to change.
 */
export async function supervise(
  onReady: (product: Product, log: Logger) => void = () => {},
): Promise<void> {
  const startedMs = performance.now();
  const read = readSettings(process.env, process.cwd());
  if (read.kind === "invalid") refuse(read.problems.join("\n"));
  const { settings } = read;

  const npm = npmAbove();
  const folder = await takeFolder(settings.dataDir, npm).catch((error: unknown) =>
    refuse(`DATA_DIR ${settings.dataDir} cannot be used: ${wordsOf(error)}`),
  );
  if (folder.kind === "busy") {
    const where = folder.url === undefined ? "" : `, ${folder.url}`;
    refuse(`Edgetape already runs on ${settings.dataDir} (pid ${folder.pid}${where}).`);
  }
  const { lock } = folder;
  if (existsSync(restoreDraft(settings.dataDir))) {
    lock.release();
    refuse(`a restore into ${settings.dataDir} was broken off: run npm run restore again`);
  }
  const silence = announce(settings.dataDir);
  process.on("exit", () => {
    silence();
    lock.release();
  });

  // Before anything starts: whoever connects from here on waits until it is answered.
  const sockets = await openSockets(settings).catch((error: unknown) => refuse(wordsOf(error)));
  process.on("exit", sockets.release);

  // Whoever reads our output may go; what we look after must not end with it.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const file = logFileOf(settings);
  const output = { isRead: process.stderr.isTTY, file };
  const log = openLog(settings.logLevel, output);
  if (folder.orphansEnded > 0) {
    log.warning("ended processes a killed start had left behind", { count: folder.orphansEnded });
  }
  const descriptors = descriptorLimit();
  if (descriptors !== undefined) sayDescriptors(descriptors, settings, log);
  const jwtSecret = signingSecret(settings);
  const product = new Product({
    projectDir: PROJECT_DIR,
    settings,
    sockets,
    descriptors,
    jwtSecret,
    log,
    output: processOutput(output),
    onProcesses: (pids) => lock.recordChildren(pids),
    onGiveUp: (what) => {
      log.error("giving up", { reason: what });
      void product.stop().finally(() => process.exit(1));
    },
  });
  // However this process ends: what nobody looks after any more must not go on.
  process.on("exit", () => product.kill());
  endOnSignals(product, lock, log, async () => await file?.close());
  if (npm !== undefined) endWith(npm);

  try {
    await product.start();
  } catch (error) {
    product.kill();
    refuse(wordsOf(error));
  }
  lock.recordReady({ url: product.url, signer: signerOf(jwtSecret) });
  // With this the Keeper hears which database it is, and has rooms look where that is another one than before.
  void fetch(`${product.url}/readyz`).then(
    (answer) => answer.body?.cancel(),
    () => undefined,
  );

  if (settings.publicRead === "true") {
    log.warning("reading is public: everyone who reaches this address, or a proxy of it, may read");
  }
  // What is not read by a person from a terminal is a log, and a token must not be in there.
  const writeToken =
    jwtSecret !== undefined && process.stdout.isTTY && isLoopback(settings.host)
      ? await mintToken(
          jwtSecret,
          { scopes: ["read", "write"], subject: "npm-start", ttlSeconds: BANNER_TOKEN_SECONDS },
          Math.floor(Date.now() / 1000),
        )
      : undefined;
  const { dataDir, publicRead, jwtJwksUrl: issuer } = settings;
  const startedInSeconds = (performance.now() - startedMs) / 1000;
  process.stdout.write(
    `${banner({ url: product.url, dataDir, publicRead, startedInSeconds, writeToken, issuer })}\n`,
  );
  onReady(product, log);
}

function logFileOf({ logFile }: Settings): LogFile | undefined {
  if (logFile === undefined) return undefined;
  const aside = (text: string) => void process.stdout.write(text);
  const file = new LogFile(logFile, { aside, nowMs: Date.now });
  process.on("exit", () => file.endNow());
  return file;
}

/** What fits: known before it is met, and little of it before it surprises anybody. */
function sayDescriptors(limit: number, { runtimes, workerOnly }: Settings, log: Logger): void {
  const hosts = Number(workerOnly["ROOM_HOSTS"] ?? 1);
  // The last runtime has the fewest hosts, and so the most relays.
  const relays = hostsElsewhere(hosts, runtimes, runtimes - 1);
  const facts = { limit, most_viewers: sharesOf(limit, relays).viewers };
  if (limit >= FEW_DESCRIPTORS) log.info("descriptors", facts);
  else log.warning("few descriptors: raise the hard limit (ulimit -H -n) for more", facts);
}

/** npm where it runs this very program: a shell of `npm run` in between would come and go. */
function npmAbove(): ProcessIdentity | undefined {
  const isNpms = process.env["npm_lifecycle_script"]?.startsWith("exec node dev/");
  return isNpms ? identityOf(process.ppid) : undefined;
}

function endWith(npm: ProcessIdentity): void {
  const poll = setInterval(() => {
    if (isAlive(npm)) return;
    clearInterval(poll);
    process.kill(process.pid, "SIGTERM");
  }, NPM_POLL_MS);
}

/** The first signal ends the product in good order, a second one at once. */
function endOnSignals(
  product: Product,
  lock: FolderLock,
  log: Logger,
  closeLog: () => Promise<void>,
): void {
  let firstMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    const nowMs = performance.now();
    if (firstMs === undefined) {
      firstMs = nowMs;
      log.info("stopping", { signal });
      lock.recordStopping();
      void product.stop().then(() => {
        log.info("stopped");
        // A disk that hangs does not keep us.
        setTimeout(() => process.exit(0), LOG_GRACE_MS);
        void closeLog().finally(() => process.exit(0));
      });
    } else if (nowMs - firstMs > SAME_SIGNAL_MS) {
      product.kill();
      process.exit(130);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onSignal);
  const hadTerminal = hasTerminal();
  process.on("SIGHUP", () => {
    // Its terminal was closed, and nobody has asked for anything.
    if (hadTerminal && !hasTerminal()) onSignal("SIGHUP");
    else if (firstMs === undefined) void upgrade(product, log);
  });
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

/** Puts the code that lies in the project's folder now to work. */
async function upgrade(product: Product, log: Logger): Promise<void> {
  const startedMs = performance.now();
  log.info("upgrading");
  try {
    if (!(await product.upgrade())) return;
  } catch (error) {
    log.error("not upgraded: what ran goes on", { error: wordsOf(error) });
    return;
  }
  log.info("upgraded", { in_ms: Math.round(performance.now() - startedMs) });
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function wordsOf(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code === "ENOSPC") {
    return "its disk is full: make room for 100 MB and more, then start again; nothing is lost";
  }
  return error instanceof Error ? error.message : String(error);
}
