/** How long a page or a server may take on a slow machine, in milliseconds. */
export const PATIENCE_MS = 90_000;
