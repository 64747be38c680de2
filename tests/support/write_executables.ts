/**
 * Writes scripts that a test runs immediately, by their paths.
 *
 * Another process writes the files. A starting process has a copy of each descriptor of its parent
 * until it executes its program. If this process wrote the files while a test of another file
 * starts a process, they could not be executed until then: ETXTBSY, execve(2).
 */
export async function writeExecutables(texts: Readonly<Record<string, string>>): Promise<void> {
  const paths = Object.keys(texts);
  if (Deno.build.os === "windows") {
    for (const path of paths) await Deno.writeTextFile(path, texts[path]!);
    return;
  }
  for (const path of paths) await Deno.writeTextFile(`${path}~`, texts[path]!);
  const copy = 'for file; do cp "$file~" "$file" && chmod 755 "$file" && rm "$file~" || exit; done';
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", copy, "sh", ...paths],
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
