/** The editor's window: its state, methods and events. */
export { EVENT_NAMES, type EventName, type WindowEvent } from "./events.ts";
export { type Focus, isLater } from "./focus.ts";
export { folderPaths } from "./folders.ts";
export { hookSocket, type WindowIdentity } from "./identity.ts";
export { open } from "./open.ts";
export { type OpenRequest, parseOpenRequest } from "./open_request.ts";
export { pageAnswers } from "./page.ts";
export { stopWaiting } from "./wait.ts";
export { EditorWindow } from "./window.ts";
