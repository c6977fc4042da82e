import { expect, it } from 'vitest';
import { clientHello } from '../../../src/istio/probes/client-hello.ts';

it('is one record whose lengths add up, with server name and ALPN', () => {
  const name = 'outbound_.5000_._.a.b.svc.cluster.local';
  const hello = clientHello(name);
  expect(hello[0]).toBe(22);
  expect(hello.readUInt16BE(3)).toBe(hello.length - 5);
  expect(hello.readUIntBE(6, 3)).toBe(hello.length - 9);
  const text = hello.toString('latin1');
  expect(text).toContain(`\0${String.fromCharCode(name.length)}${name}`);
  expect(text).toContain('\x05istio');
});

it('holds no byte that curl would double, whatever the length of the name', () => {
  for (let length = 1; length < 250; length += 1)
    expect(clientHello('a'.repeat(length)).includes(0xff), String(length)).toBe(false);
});
