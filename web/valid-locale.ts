/*
 * Imported first. Some browsers report a language that is no BCP 47 tag (Chromium on a machine without LANG says
 * "en-US@posix"), and both chart libraries hand navigator.language to Intl while they load, which throws and leaves the
 * page blank. Here such a browser gets English.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US" });
}
