/**
 * The functions of the operating system that sessionctl needs. `libc.ts`, `libc_process.ts` and
 * `processes.ts` are omitted on purpose: only long-running commands load them, and `connectOwned`
 * loads `libc.ts` where it has to ask the kernel.
 */
export { programName } from "./program_name.ts";
export { acceptNext } from "./ffi/accept_next.ts";
export { Deadlines } from "./deadlines.ts";
export { parseJsonBytes } from "./json_bytes.ts";
export { type FileLock, lockFile, lockHolder, recordLockHolder } from "./lock_file.ts";
export { mayHaveEditorSockets } from "./editor_socket_names.ts";
export { FLEET_SOCKET, fleetSocketPaths } from "./fleet_sockets.ts";
export {
  freshLinkName,
  linkFolder,
  linkNameOf,
  linkSocketPaths,
  namedLinkSocket,
} from "./link_sockets.ts";
export { mainSocketPaths, userDataDirectories, type UserDataDirectory } from "./main_sockets.ts";
export {
  connectOwned,
  loadKernel,
  type OwnedConnection,
  type PeerSource,
} from "./owned_connection.ts";
export {
  appDataDirectory,
  CLI_SOCKET_NAME,
  codeServerSocketCandidates,
  configDirectory,
  configFilePath,
  editorSocketDirectories,
  editorSocketPlaces,
  homeDirectory,
  logDirectory,
  registrySocketCandidates,
  runtimeDirectories,
  stateFilePath,
} from "./paths.ts";
export {
  checkOwnDirectory,
  checkPrivateDirectory,
  ensureOwnDirectory,
  ensurePrivateDirectory,
} from "./private_directory.ts";
export { descriptorEntries, isRunning } from "./process_state.ts";
export {
  absolutePath,
  isWithin,
  pathDepth,
  pathKey,
  realPathOf,
  workingDirectory,
} from "./real_path.ts";
export {
  isWindowsPath,
  uriPartsOfWindowsPath,
  windowsPathOfUri,
  withoutTrailingBackslashes,
} from "./windows_path.ts";
export { Later } from "./later.ts";
export { PathWatch } from "./path_watch.ts";
export { ReceivedBytes } from "./received_bytes.ts";
export { RepeatedMessages } from "./repeated_messages.ts";
export { replaceFile } from "./replace_file.ts";
export { sha256 } from "./sha256.ts";
export { endSignals, onSignals, signalExitCode } from "./signals.ts";
export {
  checkSocketPath,
  maxSocketPathBytes,
  printablePath,
  printableText,
} from "./socket_path.ts";
export type { SocketConn, SocketListener } from "./stream_socket.ts";
export { isPipePath, MAX_PIPE_CONNECTIONS, pipesNamed, usesPipes } from "./pipe_name.ts";
export { besideSocket, socketDirectory } from "./socket_files.ts";
export { system, type SystemContext, systemOf } from "./system.ts";
export { writeAll } from "./write_all.ts";
export { checkWritePlace, makeFolderOf } from "./write_place.ts";
export {
  bindSocket,
  bindUnixSocket,
  type BoundSocket,
  type FileIdentity,
  fileIdentity,
  forbiddenReason,
  ownershipReason,
  removeIfSame,
  sameFile,
  socketOwnership,
} from "./unix_socket.ts";
