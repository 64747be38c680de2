/** Desktop editors, by the sockets of their main processes. */
export type { DesktopWindow } from "./diagnostics.ts";
export {
  type DesktopEditor,
  DesktopEditors,
  desktopWindows,
  findDesktopEditors,
  type FindDesktopOptions,
} from "./editors.ts";
export { productsOf } from "./identity.ts";
export { productNamed } from "./products.ts";
export { canRemoveFolders } from "./versions.ts";
export { type DesktopRequest, tellDesktop } from "./start.ts";
export { describeStart, type EditorStarter, findEditorStarter } from "./starter.ts";
export { type DesktopChange, watchDesktopWindows } from "./watch.ts";
export { asWindowSpells, describeFolder, holderFinder, holderOf } from "./windows.ts";
