/** The status of a relay over HTTP: its health, its metrics, and a page for people. */
export { askOverHttp } from "./health_check.ts";
export { StatusServer } from "./server.ts";
export { windowsBehind } from "./windows.ts";
