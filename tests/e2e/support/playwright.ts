/**
 * Playwright, as far as the scenarios use it. The task installs it, not the project, so its own
 * types are not available to every type check.
 */
import type { Tools } from "../../../scripts/e2e/mod.ts";

export interface Locator {
  click(options?: { button?: "left" | "right"; force?: boolean }): Promise<void>;
  count(): Promise<number>;
  first(): Locator;
  getAttribute(name: string): Promise<string | null>;
  allTextContents(): Promise<string[]>;
  textContent(): Promise<string | null>;
  hover(): Promise<void>;
  locator(selector: string): Locator;
  pressSequentially(text: string): Promise<void>;
  waitFor(options?: { state?: "attached" | "detached" | "visible" | "hidden" }): Promise<void>;
}

export interface WebSocketOfPage {
  url(): string;
  on(event: "framereceived" | "framesent", listener: () => void): void;
}

export interface Page {
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  locator(selector: string, options?: { hasText?: string | RegExp }): Locator;
  on(event: "websocket", listener: (socket: WebSocketOfPage) => void): void;
  on(event: "console", listener: (message: { type(): string; text(): string }) => void): void;
  screenshot(options: { path: string }): Promise<unknown>;
  isClosed(): boolean;
  close(): Promise<void>;
  url(): string;
  waitForEvent(event: "popup"): Promise<Page>;
  bringToFront(): Promise<void>;
  evaluate<T>(script: string): Promise<T>;
}

export interface BrowserContext {
  newPage(): Promise<Page>;
  newCDPSession(page: Page): Promise<{ send(method: string, params: unknown): Promise<unknown> }>;
  setDefaultTimeout(milliseconds: number): void;
}

export interface Browser {
  newContext(options: {
    ignoreHTTPSErrors: boolean;
    viewport: { width: number; height: number };
  }): Promise<BrowserContext>;
  close(): Promise<void>;
}

interface Playwright {
  readonly chromium: {
    launch(options: {
      executablePath: string;
      args: readonly string[];
      timeout: number;
    }): Promise<Browser>;
  };
}

const ARGUMENTS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  // Otherwise it looks up its maker's hosts, which a closed network refuses many times a second.
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts a headless Chromium.
 *
 * @param further Additional arguments that identify its process.
 */
export async function launchBrowser(
  tools: Tools,
  further: readonly string[] = [],
): Promise<Browser> {
  const { default: playwright } = await import(`file://${tools.playwright}/index.js`) as {
    default: Playwright;
  };
  // Chromium's sandbox does not work for root.
  const sandboxing = Deno.uid() === 0 ? ["--no-sandbox"] : [];
  return await playwright.chromium.launch({
    executablePath: tools.chromium,
    args: [...ARGUMENTS, ...sandboxing, ...further],
    timeout: 60_000,
  });
}
