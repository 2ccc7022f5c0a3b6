import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

export type ChromiumFiles = {
  executablePath: string;
  args: string[];
  environment: Record<string, string>;
};

const require = createRequire(import.meta.url);
const PROJECT_DIR = new URL("../..", import.meta.url).pathname;
const PACKAGE = "@sparticuz/chromium";
/** Not from product.ts, which is of the tests alone: the bench starts this browser too. */

/**
 * Chromium from npm, unpacked once for each version into node_modules/.cache. It brings the shared libraries that a
 * bare Debian lacks (NSS, NSPR, expat), and they are used everywhere, so that a browser test says the same on every
 * machine; a Chromium of the system's is left alone.
 */
export async function chromiumFiles(): Promise<ChromiumFiles> {
  const { version } = require(join(PROJECT_DIR, "node_modules", PACKAGE, "package.json")) as {
    version: string;
  };
  const cache = join(PROJECT_DIR, "node_modules/.cache");
  const home = join(cache, `chromium-${version}`);
  if (!existsSync(home)) {
    mkdirSync(cache, { recursive: true });
    const draft = mkdtempSync(`${home}.`);
    await unpack(draft);
    writeFileSync(join(draft, "fonts/fonts.conf"), fontsConf(home));
    try {
      // A folder appears whole or not at all: an unpacking that was cut short must not be taken for a browser.
      renameSync(draft, home);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!existsSync(home)) throw error;
    }
  }
  const { default: chromium } = await import(PACKAGE);
  return {
    executablePath: join(home, "chromium"),
    args: [...chromium.args.filter((flag: string) => !UNWANTED_FLAGS.has(flag)), "--disable-gpu"],
    environment: {
      LD_LIBRARY_PATH: join(home, "al2023/lib"),
      FONTCONFIG_PATH: join(home, "fonts"),
    },
  };
}

/**
 * The first weaken what is tested (same-origin rules), or make one crashed page take the whole browser with it. The others draw by a graphics card
 * that the processor plays: single frames take seconds there. Without a card a user's browser draws by the processor at once.
 */
const UNWANTED_FLAGS = new Set([
  "--disable-web-security",
  "--allow-running-insecure-content",
  "--single-process",
  "--no-zygote",
  "--ignore-gpu-blocklist",
  "--in-process-gpu",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
]);

/** The package's own names folders of AWS Lambda. */
function fontsConf(home: string): string {
  const fonts = join(home, "fonts").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${fonts}/fonts</dir>
  <cachedir>${fonts}/cache</cachedir>
</fontconfig>
`;
}

/** The package unpacks into the system's temporary folder, whatever else is in there; so it is given its own. */
async function unpack(folder: string): Promise<void> {
  const packageDir = join(PROJECT_DIR, "node_modules", PACKAGE);
  const script = `
    const { default: chromium, inflate } = await import(${JSON.stringify(pathToFileURL(join(packageDir, "build/index.js")).href)});
    await chromium.executablePath();
    await inflate(${JSON.stringify(join(packageDir, "bin/al2023.tar.br"))});
  `;
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, TMPDIR: folder },
  });
}
