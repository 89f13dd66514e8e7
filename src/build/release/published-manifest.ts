import { isObject, type JsonObject } from '../../client/json.ts';

/** What only the project itself needs. npm 11 warns of a package that has a script `prepare`. */
const OWN_FIELDS = ['scripts', 'devDependencies', 'allowScripts'];

/**
 * The package.json of the package: the project's, without what only the project itself needs.
 * @throws {Error} where it is none
 */
export function publishedManifest(manifest: unknown): JsonObject {
  if (!isObject(manifest)) throw new Error('package.json has to hold an object');
  return Object.fromEntries(
    Object.entries(manifest).filter(([field]) => !OWN_FIELDS.includes(field)),
  );
}
