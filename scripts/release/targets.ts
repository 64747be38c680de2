/** A platform with a release. */
export interface Target {
  /** Its name in Deno, and in the release's files. */
  readonly triple: string;
  /** Its name in npm. */
  readonly os: "linux" | "darwin" | "win32";
  readonly cpu: "x64" | "arm64";
  readonly libc?: "glibc";
}

export const targets: readonly Target[] = [
  { triple: "x86_64-unknown-linux-gnu", os: "linux", cpu: "x64", libc: "glibc" },
  { triple: "aarch64-unknown-linux-gnu", os: "linux", cpu: "arm64", libc: "glibc" },
  { triple: "x86_64-apple-darwin", os: "darwin", cpu: "x64" },
  { triple: "aarch64-apple-darwin", os: "darwin", cpu: "arm64" },
  { triple: "x86_64-pc-windows-msvc", os: "win32", cpu: "x64" },
];

export function programName({ os }: Target): string {
  return os === "win32" ? "sessionctl.exe" : "sessionctl";
}
