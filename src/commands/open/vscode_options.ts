import { fileIdentity } from "../../platform/mod.ts";

/**
 * VS Code's own options that `open` knows but does not support, those without a value
 * first. Two strings, because most calls never look at them.
 * Source: microsoft/vscode `src/vs/platform/environment/node/argv.ts`.
 */
const FLAGS = `
  __enable-file-policy allow-insecure-localhost debugRenderer disable-chromium-sandbox
  disable-crash-reporter disable-dev-shm-usage disable-experiments disable-extensions
  disable-gpu disable-gpu-sandbox disable-keytar disable-layout-restore disable-lcd-text
  disable-telemetry disable-updates disable-workspace-trust disableExtensions
  do-not-include-pack-dependencies do-not-sync enable-coi enable-rdp-display-tracking
  enable-smoke-test-driver file-chmod file-write force-disable-user-env
  force-renderer-accessibility force-user-env ignore-certificate-errors
  logExtensionHostCommunication no-cached-data no-proxy-server no-sandbox nolazy
  open-devtools open-url pre-release preserve-env prof-startup prof-v8-extensions
  profile-temp sandbox sessions skip-add-to-recently-opened skip-release-notes
  skip-welcome telemetry trace trace-memory-infra transient update-extensions
  use-inmemory-secretstorage
`;

const VALUES = `
  _urls add-mcp builtin-extensions-dir continueOn crash-reporter-directory
  crash-reporter-id debugBrkPluginHost debugBrkSearch debugId debugPluginHost debugSearch
  disable-extension disable-features editSessionId enable-features enable-proposed-api enable-tracing
  export-default-configuration export-policy-data extensionDevelopmentKind
  extensionDevelopmentPath extensionEnvironment extensionHomePath extensionTestsPath
  extensions-dir extensions-download-dir force-device-scale-factor inspect
  inspect-agenthost inspect-brk inspect-brk-agenthost inspect-brk-extensions
  inspect-brk-ptyhost inspect-brk-search inspect-brk-sharedprocess inspect-extensions
  inspect-ptyhost inspect-search inspect-sharedprocess install-builtin-extension
  install-source js-flags locale locate-extension locate-shell-integration-path log
  log-net-log logsPath ozone-platform password-store prof-append-timers
  prof-duration-markers prof-duration-markers-file prof-startup-prefix profile
  proxy-bypass-list proxy-pac-url proxy-server sync trace-category-filter trace-options
  trace-startup-duration trace-startup-file trace-startup-format
  unresponsive-sample-interval unresponsive-sample-period user-data-dir vmodule
  waitMarkerFilePath xdg-portal-required-version
`;

/** Options that ask for something other than opening; opening a window instead would be wrong. */
const OTHER_ACTIONS = `
  add-mcp export-default-configuration export-policy-data install-builtin-extension
  locate-extension locate-shell-integration-path telemetry update-extensions
`;

/** The subcommands of VS Code's own command line. */
const SUBCOMMANDS = "chat serve-web tunnel";

const named = (list: string) => list.trim().split(/\s+/);

/** Each name, with whether the option takes a value. */
export function ignoredOptions(): Record<string, boolean> {
  return Object.fromEntries([
    ...named(FLAGS).map((name) => [name, false]),
    ...named(VALUES).map((name) => [name, true]),
  ]);
}

/** Whether an option asks for something other than opening. */
export function asksForAnother(name: string): boolean {
  return named(OTHER_ACTIONS).includes(name);
}

/** Whether VS Code's own command line takes the words for a subcommand and its arguments. */
export function isSubcommand([first]: readonly string[]): boolean {
  return first !== undefined && named(SUBCOMMANDS).includes(first) &&
    fileIdentity(first) === undefined;
}
