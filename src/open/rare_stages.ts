/** The stages that most calls do not reach; they load together when one of them is needed. */
export { registerChangedFolders } from "./changed_folders.ts";
export { checkLaunch, launch, launchLine, startHint } from "./launch.ts";
export { itemsOfHosts } from "./host_path.ts";
export { MergeResult } from "./merge_result.ts";
