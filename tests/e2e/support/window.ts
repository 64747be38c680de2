import { join } from "@std/path";
import { eventually } from "./limits.ts";
import type { Locator, Page } from "./playwright.ts";

/** An editor window in the browser, as a user sees it. */
export class EditorWindow {
  constructor(readonly page: Page, readonly folder: string) {}

  /** Waits until the workbench is loaded and connected. */
  async ready(): Promise<void> {
    await this.page.locator(".monaco-workbench .part.statusbar").waitFor();
    await this.page.locator("#status\\.host").waitFor();
    const opening = this.page.locator("#status\\.host", { hasText: "Opening" });
    await eventually(
      "the window has its connection",
      async () => await opening.count() === 0,
    );
  }

  tab(name: string): Locator {
    return this.page.locator(`.tabs-container .tab[data-resource-name="${name}"]`);
  }

  /** Waits until the tab exists and is active. */
  async showsTab(name: string): Promise<void> {
    await this.page.locator(`.tabs-container .tab.active[data-resource-name="${name}"]`).waitFor();
  }

  /** The names of all its tabs. */
  async tabs(): Promise<string[]> {
    // Newer pages put a name's suffix into a separate element.
    const tabs = await this.page.evaluate<(string | null)[]>(
      `[...document.querySelectorAll(".tabs-container .tab")]
        .map((tab) => tab.getAttribute("data-resource-name"))`,
    );
    return tabs.map((name) => name ?? "");
  }

  /** Waits until the status bar shows this cursor position. */
  async showsCursorAt(line: number, column: number): Promise<void> {
    const wanted = `Ln ${line}, Col ${column}`;
    await this.page.locator("#status\\.editor\\.selection", { hasText: wanted }).waitFor();
  }

  /** Waits until the tab is active and its text contains `text`. */
  async shows(name: string, text: string): Promise<void> {
    await this.showsTab(name);
    await this.page.locator(".editor-instance .view-lines", { hasText: text }).first().waitFor();
  }

  /** Waits until a diff editor shows `before` on its left and `after` on its right. */
  async showsDiff(before: string, after: string): Promise<void> {
    const side = (name: string, text: string) =>
      this.page.locator(`.monaco-diff-editor .editor.${name} .view-lines`, { hasText: text });
    await side("original", before).waitFor();
    await side("modified", after).waitFor();
  }

  /** Saves the active tab's file with its keyboard shortcut. */
  async saveTab(name: string): Promise<void> {
    await this.page.keyboard.press("Control+s");
    await this.page.locator(`.tabs-container .tab:not(.dirty)[data-resource-name="${name}"]`)
      .waitFor();
  }

  /** Closes a tab with its button. */
  async closeTab(name: string): Promise<void> {
    await this.tab(name).hover();
    await this.tab(name).locator(".tab-actions .action-label").click();
    await this.tab(name).waitFor({ state: "detached" });
  }

  /** Opens a terminal in the window and types a line there. */
  async typeInTerminal(line: string): Promise<void> {
    await this.page.bringToFront();
    await this.page.keyboard.press("Control+Shift+Backquote");
    const input = this.page.locator(".terminal-wrapper.active .xterm-helper-textarea");
    await input.waitFor({ state: "attached" });
    // Input typed before the shell reads is shown twice, or lost.
    await eventually(
      "the shell's prompt is there",
      async () => /[#$] *$/.test(await this.terminal()),
    );
    await this.page.keyboard.type(line);
    await this.page.keyboard.press("Enter");
  }

  /** The terminal's text, without trailing blanks. */
  async terminal(): Promise<string> {
    const rows = await this.page.locator(".terminal-wrapper.active .xterm-rows > div")
      .allTextContents();
    return rows.map((row) => row.replaceAll("\u00a0", " ").trimEnd()).join("\n").trimEnd();
  }

  /** Leaves the page, as closing the browser's tab does. */
  async close(): Promise<void> {
    await this.page.goto("about:blank");
    await this.page.close();
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path });
  }

  file(name: string): string {
    return join(this.folder, name);
  }
}
