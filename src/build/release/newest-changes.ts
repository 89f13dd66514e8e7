/**
 * The section of the newest version.
 * @param changes - the text of CHANGES.md, in which a version is a heading of the second level
 * @throws {Error} where the newest one is another version than the package is
 */
export function newestChanges(changes: string, version: string): string {
  const [, newest = ''] = changes.split(/^(?=## )/m);
  if (newest.startsWith(`## ${version}\n`)) return `${newest.trimEnd()}\n`;
  throw new Error(
    `src/build/CHANGES.md begins with '${newest.split('\n', 1)[0]}', and the version is ${version}: say there what changed`,
  );
}
