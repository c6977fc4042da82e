import { kmsSource, privateCaSource } from './aws-root.ts';
import { fileSource } from './file-root.ts';
import type { RootSource, SourceOptions } from './root-source.ts';
import { storedSource } from './stored-root.ts';

/** The source that the file names, or what isthmus keeps on this machine for the root that clusters have. */
export function rootSource(options: SourceOptions): RootSource {
  const spec = options.topology.trust.root;
  if (!spec) return storedSource(options);
  switch (spec.kind) {
    case 'files':
      return fileSource(spec, options);
    case 'kms':
      return kmsSource(spec, options);
    case 'privateCa':
      return privateCaSource(spec, options);
  }
}
