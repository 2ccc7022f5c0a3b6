import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { launchBrowser, PATIENCE_MS } from "../browser.ts";
import { type RunningProduct, startProduct, type temporaryDataDir } from "../product.ts";

export interface BrowsedOptions {
  /** Where the product keeps its data; it is removed in the end. */
  folder: ReturnType<typeof temporaryDataDir>;
  /** Beside a window of 1280 by 800 in English. */
  context?: () => BrowserContextOptions;
  /** Done to each context before it has a page. */
  prepare?: (context: BrowserContext) => Promise<unknown>;
}

/**
 * One product and one browser for the tests of a file; for each test a context and a page of its own, which may have no error of a script.
 * Its hooks come before those of the file that makes it.
 */
export class BrowsedProduct {
  readonly #options: BrowsedOptions;
  #product: RunningProduct | undefined;
  #token = "";
  #browser: Browser | undefined;
  #context: BrowserContext | undefined;
  #page: Page | undefined;
  #pageErrors: string[] = [];

  constructor(options: BrowsedOptions) {
    this.#options = options;
    beforeAll(() => this.#start());
    beforeEach(() => this.#begin());
    afterEach(() => this.#end());
    afterAll(() => this.#stop());
  }

  get product(): RunningProduct {
    return made(this.#product);
  }

  get context(): BrowserContext {
    return made(this.#context);
  }

  get page(): Page {
    return made(this.#page);
  }

  /** In the place of the page there is. */
  async newPage(colorScheme?: "dark" | "light"): Promise<Page> {
    await this.#page?.close();
    this.#page = await this.context.newPage();
    this.#page.setDefaultTimeout(PATIENCE_MS);
    this.#page.on("pageerror", (error) => this.#pageErrors.push(error.message));
    if (colorScheme !== undefined) await this.#page.emulateMedia({ colorScheme });
    return this.#page;
  }

  /** Opens a path of the product, with a token that the page keeps, or with none. */
  async open(path: string, token: string | null = this.#token): Promise<void> {
    if (token !== null) {
      await this.page.addInitScript(
        (kept) => sessionStorage.setItem("edgetape.token", kept),
        token,
      );
    }
    await this.page.goto(`${this.product.url}${path}`);
  }

  /** What the API answers. */
  async ask<Answer>(path: string): Promise<Answer> {
    return (await (await this.fetch(path)).json()) as Answer;
  }

  /** `events`: one, or an array of them. */
  async push(path: string, events: object): Promise<void> {
    const answer = await this.fetch(path, {
      ...{ method: "POST", body: JSON.stringify(events) },
      headers: { "content-type": "application/json" },
    });
    // Bars are stored when they are answered.
    expect(answer.status, await answer.text()).toBe(path === "/api/bars" ? 200 : 202);
  }

  /** With a token that reads and writes. */
  async fetch(
    path: string,
    init: Omit<RequestInit, "headers"> & { headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const headers = { ...init.headers, authorization: `Bearer ${this.#token}` };
    return fetch(`${this.product.url}${path}`, { ...init, headers });
  }

  /** Kills the product, and gives what starts another one in its place. */
  async kill(): Promise<() => Promise<void>> {
    const { port } = this.product;
    await this.product.killGroup();
    return async () => {
      this.#product = await startProduct({ dataDir: this.#options.folder.dataDir, port });
    };
  }

  async #start(): Promise<void> {
    this.#product = await startProduct({ dataDir: this.#options.folder.dataDir });
    this.#token = await this.#product.token();
    this.#browser = await launchBrowser();
  }

  async #begin(): Promise<void> {
    const { context, prepare } = this.#options;
    this.#context = await made(this.#browser).newContext({
      ...{ viewport: { width: 1_280, height: 800 }, locale: "en-US" },
      ...context?.(),
    });
    await prepare?.(this.#context);
    this.#page = undefined;
    this.#pageErrors = [];
    await this.newPage();
  }

  async #end(): Promise<void> {
    await this.#context?.close();
    expect(this.#pageErrors).toEqual([]);
  }

  async #stop(): Promise<void> {
    await this.#browser?.close();
    await this.#product?.killGroup();
    this.#options.folder.remove();
  }
}

function made<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Error("it is there once the tests run");
  return thing;
}
