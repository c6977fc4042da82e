export { type FileErrorOptions, fileError, hasCode } from './file-error.ts';
export { bytesIfThere, entriesOf, readIfThere } from './read.ts';
export { draftOf, publish, type WriteOptions, writeWhole } from './write.ts';
