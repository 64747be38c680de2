import * as vscode from "vscode";

/** Shorter than any program waits for `health`; a page answers within milliseconds. */
const LIMIT_MS = 1500;

/** The question that the page has not answered yet; a page that comes back answers it, too. */
let asking: Promise<boolean> | undefined;

/**
 * Whether a page shows this window. After its browser was killed, an extension host lives on for
 * hours. Functions that need no page work there, and others are never answered, such as setting a
 * context key (ours is not read anywhere).
 */
export async function pageAnswers(): Promise<boolean> {
  asking ??= ask().finally(() => asking = undefined);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), LIMIT_MS);
  });
  return await Promise.race([asking, late]).finally(() => clearTimeout(timer));
}

async function ask(): Promise<boolean> {
  const setting = vscode.commands.executeCommand("setContext", "sessionctl.companion", true);
  return await Promise.resolve(setting).then(() => true, () => false);
}
