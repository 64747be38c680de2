/** A desktop editor as its users know it. */
export interface DesktopProduct {
  /** Lower-case; a value for `--to`. */
  readonly id: string;
  readonly name: string;
  /** Its name for its user data folder. */
  readonly dataName: string;
  /** The command that starts it, which is also its program's name. */
  readonly command: string;
}

const product = (id: string, name: string, dataName: string, command = id): DesktopProduct => ({
  id,
  name,
  dataName,
  command,
});

/**
 * The products whose main sockets are known to follow VS Code's names. Any other product is also
 * found by its socket, as `unknown`.
 */
export const DESKTOP_PRODUCTS: readonly DesktopProduct[] = [
  product("code", "Visual Studio Code", "Code"),
  product("code-insiders", "Visual Studio Code - Insiders", "Code - Insiders"),
  product("code-oss", "Code - OSS", "Code - OSS"),
  product("code-oss-dev", "Code - OSS Dev", "code-oss-dev"),
  product("vscodium", "VSCodium", "VSCodium", "codium"),
  product("vscodium-insiders", "VSCodium - Insiders", "VSCodium - Insiders", "codium-insiders"),
  product("cursor", "Cursor", "Cursor"),
  product("windsurf", "Windsurf", "Windsurf"),
  product("windsurf-next", "Windsurf - Next", "Windsurf - Next"),
  product("positron", "Positron", "Positron"),
];

/** The product that a user means by a name: its id, its name or its command. */
export function productNamed(name: string): DesktopProduct | undefined {
  const wanted = name.toLowerCase();
  return DESKTOP_PRODUCTS.find(({ id, name, dataName, command }) =>
    [id, name, dataName, command].some((known) => known.toLowerCase() === wanted)
  );
}
