import { bringUpSharedBed } from '../shared-bed.ts';

export default () => bringUpSharedBed('e2e');
