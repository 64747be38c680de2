import { ExitCode } from "../../cli/mod.ts";
import { printablePath } from "../../platform/mod.ts";
import { installedProgram, uninstallEverything } from "../../shell/mod.ts";
import { changeSshConfig } from "./ssh_hosts.ts";
import { type InitContext, tellFiles, tellLink, tellRunningShells } from "./report.ts";

/** `init --uninstall` without a shell: undoes all changes of `init`, for every shell. */
export function uninstallAll(context: InitContext): number {
  const { output } = context;
  const removed = uninstallEverything(installedProgram().path);
  const sshConfig = changeSshConfig(() => []);
  if (output.json) {
    output.value({ ...removed, sshHosts: sshConfig.removed });
    return ExitCode.Done;
  }
  for (const hook of removed.hooks) tellFiles(context, hook);
  for (const link of removed.links) tellLink(context, link);
  for (const file of removed.files) output.note(`removed ${printablePath(file)}`);
  if (sshConfig.isChanged) output.note(`removed the links from ${printablePath(sshConfig.file)}`);
  const { hooks, links, files, left } = removed;
  const isEmpty = hooks.length + links.length + files.length === 0;
  if (isEmpty && !sshConfig.isChanged) output.note("nothing was installed");
  const removedHook = hooks.find(({ hookChange }) => hookChange === "removed");
  if (removedHook) tellRunningShells(context, removedHook);
  for (const line of left) output.note(`left unchanged, because it is yours: ${line}`);
  return ExitCode.Done;
}
