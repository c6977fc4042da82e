// Loaded only for an archive. A bundle gives what is in CommonJS no names when it is imported as it runs.
export { pack } from 'tar-stream';
