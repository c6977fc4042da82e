import type { KubeObject } from '../types.ts';

const mark = { 'isthmus.io/created-by': 'isthmus' };
const [key] = Object.keys(mark) as [keyof typeof mark];

/** Whether isthmus brought the object into being, and so may remove it. */
export function isMarked(object: KubeObject): boolean {
  return object.metadata?.annotations?.[key] === mark[key];
}

/**
 * The object with the mark of our making, unless it was there before us: what a cluster had already
 * is brought into shape but outlives the mesh.
 */
export function withMark(object: KubeObject, live?: KubeObject | undefined): KubeObject {
  if (live && !isMarked(live)) return object;
  const annotations = { ...object.metadata?.annotations, ...mark };
  return { ...object, metadata: { ...object.metadata, annotations } };
}
