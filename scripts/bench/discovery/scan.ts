/** Looks for editors once, as a fresh process does, and prints how many milliseconds it took. */
import { listEditorCandidates } from "../../../src/discovery/mod.ts";

const started = performance.now();
listEditorCandidates();
console.log(performance.now() - started);
