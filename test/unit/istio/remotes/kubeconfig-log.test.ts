import { expect, it } from 'vitest';
import { lastReading } from '../../../../src/istio/index.ts';

const at = (second: number) => `2026-11-29T10:00:0${second}.123456Z`;
const of = (second: number, words: string, cluster = 'west') =>
  `${at(second)}\tinfo\t${words}\tcluster=${cluster} config=istio-system/istio-remote-secret-${cluster}`;

/** Words of istiod's pkg/kube/multicluster/secretcontroller.go. */
it.each<[what: string, lines: string[], reading: object | undefined]>([
  ['nothing of it', [of(1, 'Add cluster', 'east')], undefined],
  ['the first kubeconfig', [of(1, 'Add cluster')], { at: new Date(at(1)), refused: false }],
  [
    'the last of several',
    [of(1, 'Add cluster'), of(2, 'Update cluster')],
    { at: new Date(at(2)), refused: false },
  ],
  [
    'a write that changed nothing',
    [of(1, 'Add cluster'), of(3, 'skipping update (kubeconfig are identical)')],
    { at: new Date(at(3)), refused: false },
  ],
  [
    'a refusal',
    [
      of(1, 'Add cluster'),
      of(2, 'Update cluster'),
      of(2, 'Update cluster: create remote cluster failed: kubeconfig is not allowed: exec is not allowed'),
    ],
    { at: new Date(at(2)), refused: true },
  ],
  [
    'JSON',
    [`{"level":"info","time":"${at(4)}","msg":"Update cluster","cluster":"west","config":"istio-system/x"}`],
    { at: new Date(at(4)), refused: false },
  ],
  ['no time', ['info\tAdd cluster\tcluster=west'], { at: undefined, refused: false }],
])('a log tells of %s', (_what, lines, reading) =>
  expect(lastReading(lines.join('\n'), 'west')).toEqual(reading),
);
