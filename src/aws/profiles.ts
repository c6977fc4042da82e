/** The settings of one profile, by their names in the files. */
export type Profile = Readonly<Record<string, string | undefined>>;

/** The profiles of AWS's files, as they are now; none where there are no files. */
export async function profiles(): Promise<Record<string, Profile>> {
  const { parseKnownFiles } = await import('@smithy/core/config');
  return parseKnownFiles({ ignoreCache: true });
}
