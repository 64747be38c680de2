/** The packaged extension in a real Node, with a stand-in for the module `vscode`. */
export {
  type ExtensionHost,
  extensionSandbox,
  type HostOptions,
  instancePath,
  PACKAGE,
  startHost,
} from "./host.ts";
export { type Listed, remoteWindow, sessions, startRegistry, untilSession } from "./registry.ts";
export { namesIn, unzipped } from "./unzip.ts";
