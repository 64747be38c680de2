/** Desktop editors, by the sockets of their main processes. */
export type { DesktopWindow, MainDiagnostics } from "./diagnostics.ts";
export {
  type DesktopEditor,
  DesktopEditors,
  desktopWindows,
  findDesktopEditors,
  type FindDesktopOptions,
} from "./editors.ts";
export { productsOf } from "./identity.ts";
export { MainProcess, type MainProcessOptions } from "./main_process.ts";
export { DESKTOP_PRODUCTS, type DesktopProduct, productNamed } from "./products.ts";
export { canRemoveFolders } from "./versions.ts";
export { type DesktopRequest, type DesktopStart, startInDesktop, tellDesktop } from "./start.ts";
export { describeStart, type EditorStarter, findEditorStarter } from "./starter.ts";
export { asWindowSpells, describeFolder, holderOf, type HoldingWindow, holds } from "./windows.ts";
