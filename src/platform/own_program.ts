/** A program and its first arguments. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/** How this program is started once more: the binary itself, or the source it was run from. */
export function ownProgram(): CommandLine {
  const standalone = (Deno.build as { standalone?: boolean }).standalone;
  return {
    command: Deno.execPath(),
    args: standalone ? [] : ["run", "--quiet", "--allow-all", "--no-check", Deno.mainModule],
  };
}
