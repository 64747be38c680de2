/** Shells: hooks, start-up files, quoting, and the window of a terminal. */
export { type HookOptions, hookText, rememberedInHook } from "./hook.ts";
export {
  hookFile,
  installedLinks,
  installHook,
  type InstallResult,
  uninstallHook,
} from "./install.ts";
export { type LinkChange, LINKS, makeLinks, removeLinks } from "./links.ts";
export { loginFileFix } from "./login_file.ts";
export { namedInEditor } from "./named_in_editor.ts";
export { type InstalledProgram, installedProgram, runsItself } from "./installed_program.ts";
export { powershellCompletions } from "./powershell.ts";
export { quote, quoteAlways, type Syntax } from "./quote.ts";
export { rcFile } from "./rc_file.ts";
export { currentShell, HOOK_SHELLS, type HookShell, hookShells, SYNTAX } from "./shells.ts";
export { changeFile } from "./change_file.ts";
export {
  parseSshHost,
  type SshHost,
  sshHostsIn,
  sshProgramIn,
  withSshBlock,
} from "./ssh_config.ts";
export { terminalWindow } from "./terminal.ts";
export { uninstallEverything } from "./uninstall.ts";
export { setVariable, unsetVariable } from "./variables.ts";
