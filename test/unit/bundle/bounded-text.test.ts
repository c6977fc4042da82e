import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { bundleLimits, headOf, tailOf, yamlOf } from '../../../src/bundle/limits.ts';

const named = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  ...more,
});

describe('texts within limits', () => {
  it('keeps the end of a log from the start of a line, and says so', () => {
    expect(tailOf('first\nsecond\nthird\n', 12)).toEqual({
      content: 'third\n',
      shortened: 'the last 12 characters',
    });
    expect(tailOf('short\n', 12)).toEqual({ content: 'short\n', shortened: undefined });
  });

  it('says that a log of as many lines as were asked for may have had more', () => {
    const log = 'line\n'.repeat(bundleLimits.logLines);
    expect(tailOf(log)).toEqual({ content: log, shortened: `the last ${bundleLimits.logLines} lines` });
  });

  it('keeps the beginning of a dump, and says so', () => {
    expect(headOf('{\n"a": 1,\n"b": 2}', 12)).toEqual({
      content: '{\n"a": 1,\n',
      shortened: 'the first 10 of 17 characters',
    });
  });

  it('keeps whole objects only, and says how many', () => {
    const objects = Array.from({ length: bundleLimits.objects + 1 }, (_, at) => named(`pod-${at}`));
    const { content, shortened } = yamlOf(objects);
    expect(parseAllDocuments(content)).toHaveLength(bundleLimits.objects);
    expect(shortened).toBe(`the first ${bundleLimits.objects} of ${bundleLimits.objects + 1} objects`);
  });

  it('leaves out applications’ environment, managed fields and the copy that kubectl keeps', () => {
    const env = [{ name: 'SETTING', value: 'planted' }];
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': 'planted', shown: 'yes' };
    const managedFields = [{ manager: 'planted' }];
    const proxy = { name: 'istio-proxy', env: [{ name: 'ISTIO_META_NETWORK', value: 'network1' }] };
    const pod = {
      ...named('web'),
      metadata: { name: 'web', annotations, managedFields },
      spec: { containers: [{ name: 'app', env }, proxy], initContainers: [{ name: 'init', env }] },
    };
    const { content } = yamlOf([pod]);
    expect(content).not.toContain('planted');
    expect(content).toContain('shown: yes');
    expect(content).toContain('name: SETTING');
    expect(content).toContain('value: network1');
  });
});
