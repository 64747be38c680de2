import { type CommandTable, defineCommand, ExitCode } from "../cli/mod.ts";
import { HOOK_SHELLS, type HookShell, powershellCompletions } from "../shell/mod.ts";
import { allSpecs } from "./shared/all_specs.ts";

/** `sessionctl completions`: prints a shell's completion script. */
export const command = defineCommand({
  name: "completions",
  group: "setup",
  summary: "Print the completion script for a shell",
  operands: [{ name: "SHELL", kind: HOOK_SHELLS }],
  options: {},
  examples: [
    {
      command:
        "sessionctl completions bash > ~/.local/share/bash-completion/completions/sessionctl",
      does: "bash, with the bash-completion package",
    },
    {
      command: 'eval "$(sessionctl completions bash)"',
      does: "bash without that package, in ~/.bashrc",
    },
    {
      command: 'sessionctl completions zsh > "${fpath[1]}/_sessionctl"',
      does: "zsh with compinit",
    },
    {
      command: "sessionctl completions fish > ~/.config/fish/completions/sessionctl.fish",
      does: "fish",
    },
    {
      command: "sessionctl completions powershell | Out-String | Invoke-Expression",
      does: "PowerShell, in $PROFILE",
    },
  ],
  details: [
    "The completions include the editor windows and folders that are known at that moment.",
  ],
  async run({ operands, output, commands }) {
    const shell = operands[0] as HookShell;
    const script = await scriptFor(shell, commands);
    if (output.json) output.value({ shell, script });
    else output.line(script.trimEnd());
    return ExitCode.Done;
  },
});

async function scriptFor(shell: HookShell, commands: CommandTable): Promise<string> {
  if (shell === "powershell") return powershellCompletions("sessionctl", ["sessionctl"]);
  const { completionScript } = await import("../cli/completions/mod.ts");
  return completionScript(shell, await allSpecs(commands));
}
