import * as vscode from "vscode";

/** Shorter than any program waits for `health`; a page answers within milliseconds. */
const LIMIT_MS = 1500;

/** The question that the page has not answered yet: a page that is back answers it, too. */
let asking: Promise<boolean> | undefined;

/**
 * Whether a page shows this window. The extension host of a browser that was killed lives on for
 * hours. What needs no page works there, and what does is never answered, such as setting a
 * context key (of ours, which nothing reads).
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
