// A process of its own for askOnce, so that it can be on a terminal of its own.
import { askOnce } from './ask-once.ts';

await askOnce(process.argv[2]);
