/** Finds editors once, like a new process, and prints the time in milliseconds. */
import { listEditorCandidates } from "../../../src/discovery/mod.ts";

const started = performance.now();
listEditorCandidates();
console.log(performance.now() - started);
