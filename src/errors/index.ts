export { codes, type ErrorCode, type ErrorSource, exitCodeOf } from './codes.ts';
export {
  IsthmusError,
  type IsthmusErrorOptions,
  isIsthmusError,
  type Location,
  messageOf,
} from './isthmus-error.ts';
export { nearest } from './suggestion.ts';
