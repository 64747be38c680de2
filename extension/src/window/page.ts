import * as vscode from "vscode";

/** Shorter than any program waits for `health`; a page answers within milliseconds. */
const LIMIT_MS = 1500;

let asking: Promise<boolean> | undefined;

/**
 * Whether a page shows this window. The extension host of a browser that was killed lives on for
 * hours; everything that needs no page works there, and the list of commands comes from the page.
 */
export function pageAnswers(): Promise<boolean> {
  asking ??= ask().finally(() => asking = undefined);
  return asking;
}

async function ask(): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), LIMIT_MS);
  });
  const answer = Promise.resolve(vscode.commands.getCommands(true)).then(() => true, () => false);
  return await Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
