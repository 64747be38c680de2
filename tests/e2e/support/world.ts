import { dirname, join } from "@std/path";
import { TOOLS_FILE } from "../../../scripts/e2e/mod.ts";
import type { CodeServer, Tools } from "../../../scripts/e2e/mod.ts";
import type { ListedSession } from "../../../src/registry/protocol.ts";
import { workspaceFolders } from "../../../src/registry/session.ts";
import {
  compiled,
  makeSandbox,
  run,
  type Running,
  type RunResult,
  type Sandbox,
} from "../../support/mod.ts";
import { eventually, PATIENCE_MS } from "./limits.ts";
import { type Browser, type BrowserContext, launchBrowser } from "./playwright.ts";
import { killByArgument } from "./processes.ts";
import {
  type EditorOptions,
  type EditorServer,
  type Relay,
  startEditorServer,
  startRegistry,
  startRelay,
} from "./servers.ts";
import { EditorWindow } from "./window.ts";

async function contextOf(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 800 },
  });
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/** A registry, a real code-server, a relay in front of it and a browser, all for one scenario. */
export class World implements AsyncDisposable {
  readonly windows: EditorWindow[] = [];

  private constructor(
    readonly sandbox: Sandbox,
    readonly tools: Tools,
    readonly codeServer: CodeServer,
    public registry: Running,
    readonly editor: EditorServer,
    readonly relay: Relay,
    readonly browser: BrowserContext,
  ) {}

  /** Starts everything; if something does not start, ends what was started. */
  static async start(version: string, options: EditorOptions = {}): Promise<World> {
    const tools = JSON.parse(await Deno.readTextFile(TOOLS_FILE)) as Tools;
    const codeServer = tools.codeServers.find((one) => one.version === version)!;
    const sandbox = await makeSandbox();
    try {
      sandbox.env.PATH = [dirname(compiled.command), dirname(codeServer.node), sandbox.env.PATH]
        .join(":");
      sandbox.env.SHELL = "/bin/bash";
      const registry = await startRegistry(sandbox);
      const editor = await startEditorServer(sandbox, codeServer, options);
      const relay = await startRelay(sandbox, editor.socket);
      const browser = await launchBrowser(tools);
      sandbox.defer(() => browser.close());
      const context = await contextOf(browser);
      return new World(sandbox, tools, codeServer, registry, editor, relay, context);
    } catch (error) {
      await sandbox[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Makes a folder with text files. */
  async folder(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const folder = this.sandbox.path("work", name);
    await Deno.mkdir(folder, { recursive: true });
    for (const [file, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, file), text);
    }
    return folder;
  }

  /** Opens a folder in a new window, and waits until the window has registered. */
  async openWindow(folder: string): Promise<EditorWindow> {
    const window = await this.openPage(folder, `folder=${encodeURIComponent(folder)}`);
    await this.untilRegistered(folder);
    return window;
  }

  /**
   * Opens a page of the editor, and waits until its workbench is loaded.
   *
   * @param query What it opens: `folder=PATH` or `workspace=FILE`.
   */
  async openPage(folder: string, query: string): Promise<EditorWindow> {
    const page = await this.browser.newPage();
    const window = new EditorWindow(page, folder);
    this.windows.push(window);
    await page.goto(`${this.relay.url}/?${query}`);
    await window.ready();
    return window;
  }

  /** Focuses a window, as a user does by switching to its browser tab. */
  async focus(window: EditorWindow): Promise<void> {
    // By default Playwright emulates focus in every page, again after each navigation.
    for (const { page } of this.windows.filter(({ page }) => !page.isClosed())) {
      const session = await this.browser.newCDPSession(page);
      await session.send("Emulation.setFocusEmulationEnabled", { enabled: false });
    }
    await window.page.bringToFront();
  }

  /**
   * Opens a folder in another browser and kills that browser, so that the window never reports its
   * end. Its extension host keeps running.
   *
   * @param isReady Checks that its session is as it should be before the browser is killed.
   */
  async leaveGhost(
    folder: string,
    isReady: (session: ListedSession) => boolean = () => true,
  ): Promise<ListedSession> {
    const before = new Set((await this.sessions()).map(({ socketPath }) => socketPath));
    const marker = `--sessionctl-browser=${crypto.randomUUID()}`;
    const browser = await launchBrowser(this.tools, [marker]);
    const page = await (await contextOf(browser)).newPage();
    await page.goto(`${this.relay.url}/?folder=${encodeURIComponent(folder)}`);
    await new EditorWindow(page, folder).ready();
    const isNew = (session: ListedSession) => !before.has(session.socketPath) && isReady(session);
    let ghost: ListedSession | undefined;
    await eventually("the second browser's window is registered", async () => {
      return (ghost = (await this.sessions()).find(isNew)) !== undefined;
    });
    killByArgument(marker);
    return ghost!;
  }

  /** The live session that has exactly this folder. */
  async sessionOf(folder: string): Promise<ListedSession | undefined> {
    const sessions = await this.sessions();
    return sessions.find(({ workspace, liveness }) =>
      liveness === "live" && workspaceFolders(workspace).includes(folder)
    );
  }

  async untilRegistered(folder: string): Promise<void> {
    await eventually(
      `the window of ${folder} is registered`,
      async () => await this.sessionOf(folder) !== undefined,
    );
  }

  /** Stops the registry and starts it again with the same state. */
  async restartRegistry(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    await this.registry.stop(signal);
    this.registry = await startRegistry(this.sandbox);
  }

  /** The sessions that `sessionctl list` shows. */
  async sessions(): Promise<ListedSession[]> {
    const { code, stdout, stderr } = await this.sessionctl(["list", "--json"]);
    if (code !== 0) throw new Error(`list failed: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Runs sessionctl to its end, in `cwd` or else outside of every folder. */
  sessionctl(
    args: readonly string[],
    options: { cwd?: string; env?: Record<string, string>; stdin?: string } = {},
  ): Promise<RunResult> {
    return run(compiled, this.sandbox, { args, ...options });
  }

  /** Runs sessionctl, which must succeed. */
  async succeed(
    args: readonly string[],
    options: { cwd?: string; env?: Record<string, string>; stdin?: string } = {},
  ): Promise<RunResult> {
    const result = await this.sessionctl(args, options);
    if (result.code !== 0) {
      throw new Error(`sessionctl ${args.join(" ")} exited ${result.code}: ${result.stderr}`);
    }
    return result;
  }

  /** The servers' output, for a failure's log. */
  log(): string {
    const part = (name: string, { lines, errors }: Running) =>
      `== ${name}: stdout\n${lines.join("\n")}\n== ${name}: stderr\n${errors.join("\n")}\n`;
    return part("registry", this.registry) + part("editor", this.editor.process) +
      part("relay", this.relay.process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}
