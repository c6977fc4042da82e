import { describe, expect, it } from 'vitest';
import { alreadyApplied } from '../../../src/kubernetes/client/already-applied.ts';
import type { KubeObject } from '../../../src/kubernetes/types.ts';

const port = (number: number, more: object = {}) => ({ port: number, protocol: 'TCP', ...more });
const wanted = (spec: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'one', namespace: 'two', labels: { app: 'one' }, ...metadata },
  spec: {
    ports: [port(80, { name: 'http' }), port(443, { name: 'https' })],
    finalizers: ['a', 'b'],
    selector: { app: 'one' },
    rules: [{ verbs: ['get'] }],
    ...spec,
  },
});

const owned = {
  'f:metadata': { 'f:labels': { 'f:app': {} } },
  'f:spec': {
    'f:ports': {
      'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {}, 'f:protocol': {} },
      'k:{"port":443,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {}, 'f:protocol': {} },
    },
    'f:finalizers': { 'v:"a"': {}, 'v:"b"': {} },
    'f:selector': {},
    'f:rules': {},
  },
};

const entry = { manager: 'isthmus', operation: 'Apply', apiVersion: 'v1', fieldsV1: owned };

type Metadata = { readonly entries?: readonly object[] } & Record<string, unknown>;

/** As an API server has it: with what it adds by itself, and what others added. */
function live(spec: object = {}, { entries = [entry], ...metadata }: Metadata = {}): KubeObject {
  const made = wanted({ clusterIP: '10.0.0.1', ...spec });
  return {
    ...made,
    metadata: { ...made.metadata, uid: '7', resourceVersion: '9', managedFields: entries, ...metadata },
    status: { loadBalancer: {} },
  } as unknown as KubeObject;
}

const unchanged = (of: KubeObject, there: KubeObject) => alreadyApplied(of, there, 'isthmus');

describe('an apply need not be sent', () => {
  it('where the last one set these very fields, which are as it set them', () => {
    expect(unchanged(wanted(), live())).toBe(true);
  });

  it('where others own what is beside them', () => {
    const beside = {
      ports: [port(80, { name: 'http', nodePort: 1 }), port(8080), port(443, { name: 'https' })],
      finalizers: ['theirs', 'a', 'b'],
    };
    const labels = { labels: { app: 'one', their: 'label' }, annotations: { their: 'own' } };
    expect(unchanged(wanted(), live(beside, labels))).toBe(true);
  });

  it('where the protocol of a port is left to the server', () => {
    const ports = [
      { port: 53, name: 'dns' },
      { port: 53, protocol: 'UDP' },
    ];
    const fieldsV1 = {
      ...owned,
      'f:spec': {
        ...owned['f:spec'],
        'f:ports': {
          'k:{"port":53,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} },
          'k:{"port":53,"protocol":"UDP"}': { '.': {}, 'f:port': {}, 'f:protocol': {} },
        },
      },
    };
    const there = live(
      { ports: [{ ...ports[0], protocol: 'TCP' }, ports[1]] },
      { entries: [{ ...entry, fieldsV1 }] },
    );
    expect(unchanged(wanted({ ports }), there)).toBe(true);
  });
});

describe('what an API server adds by itself', () => {
  const rule = { operations: ['CREATE'], resources: ['pods'] };
  it.each<[string, { ours: unknown; theirs: unknown }, boolean]>([
    ['the scope of a webhook’s rule', { ours: [rule], theirs: [{ ...rule, scope: '*' }] }, true],
    ['another scope', { ours: [rule], theirs: [{ ...rule, scope: 'Namespaced' }] }, false],
    ['a scope of something else', { ours: [{ a: 1 }], theirs: [{ a: 1, scope: '*' }] }, false],
    [
      'the version of a field’s path',
      { ours: [{ fieldPath: 'x' }], theirs: [{ apiVersion: 'v1', fieldPath: 'x' }] },
      true,
    ],
    [
      'another version',
      { ours: [{ fieldPath: 'x' }], theirs: [{ apiVersion: 'v2', fieldPath: 'x' }] },
      false,
    ],
    ['an item', { ours: [rule], theirs: [rule, rule] }, false],
    ['nothing, where we want more', { ours: [{ ...rule, scope: '*' }], theirs: [rule] }, false],
    ['nothing for an empty text', { ours: '', theirs: undefined }, true],
    ['nothing for a text', { ours: 'text', theirs: undefined }, false],
    ['a text for nothing', { ours: undefined, theirs: '' }, false],
  ])('%s', (_, { ours, theirs }, same) => {
    expect(unchanged(wanted({ rules: ours }), live({ rules: theirs }))).toBe(same);
  });
});

describe('an apply is sent', () => {
  const [http, https] = [port(80, { name: 'http' }), port(443, { name: 'https' })];
  it.each<[string, KubeObject, KubeObject]>([
    ['a value is another', wanted(), live({ selector: { app: 'other' } })],
    ['a value in a list is another', wanted(), live({ ports: [port(80, { name: 'x' }), https] })],
    ['an item of a list is gone', wanted(), live({ ports: [https] })],
    ['an entry of a set is gone', wanted(), live({ finalizers: ['a'] })],
    ['the items are in another order', wanted(), live({ ports: [https, http] })],
    ['ours are in another order', wanted({ ports: [https, http] }), live()],
    ['a label is another', wanted({}, { labels: { app: 'two' } }), live()],
    ['one field more is wanted', wanted({ type: 'NodePort' }), live({ type: 'NodePort' })],
    ['a field in a list more is wanted', wanted({ ports: [{ ...http, nodePort: 1 }, https] }), live()],
    ['an annotation more is wanted', wanted({}, { annotations: { a: 'b' } }), live()],
    ['a field is no longer wanted', wanted({}, { labels: undefined }), live()],
    ['an item is no longer wanted', wanted({ ports: [http] }), live()],
    ['a key is left out, which was not', wanted({ ports: [{ port: 80, name: 'http' }, https] }), live()],
    ['a protocol is another', wanted({ ports: [{ ...http, protocol: 'UDP' }, https] }), live()],
    ['an atomic list is another', wanted({ rules: [{ verbs: ['list'] }] }), live()],
    ['somebody made a list of a map', wanted(), live({ selector: ['app'] })],
    ['the API version is another', { ...wanted(), apiVersion: 'v2' }, live()],
    ['the object is about to go', wanted(), live({}, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
    ['nobody has applied it', wanted(), live({}, { entries: [] })],
    ['another has applied it', wanted(), live({}, { entries: [{ ...entry, manager: 'helm' }] })],
    ['we have only updated it', wanted(), live({}, { entries: [{ ...entry, operation: 'Update' }] })],
    ['we have only set its status', wanted(), live({}, { entries: [{ ...entry, subresource: 'status' }] })],
    [
      'an item is owned by its place',
      wanted({ ports: undefined, list: [1] }),
      live({ list: [1] }, { entries: [{ ...entry, fieldsV1: { 'f:spec': { 'f:list': { 'i:0': {} } } } }] }),
    ],
  ])('where %s', (_, of, there) => {
    expect(unchanged(of, there)).toBe(false);
  });
});
