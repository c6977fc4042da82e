import { join } from 'node:path';
import { hostProgram } from '../programs/host-programs.ts';
import { images } from '../versions.ts';
import type { ImageSpec } from './image-archive.ts';
import { baseContents, iptablesContents, proxyContents, withLibraries } from './image-contents.ts';
import { type Layer, type LayerEntry, writeLayer } from './layer.ts';

export interface SpecContext {
  /** Folder of the cached programs. */
  readonly bin: string;
  /** Folder for the layers, which archives are then put together from. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** The programs that images contain. */
export const imagePrograms = ['coredns', 'pilot-discovery', 'envoy', 'pilot-agent', 'helloworld'] as const;

const program = ({ bin }: SpecContext, name: (typeof imagePrograms)[number], path: string): LayerEntry => ({
  type: 'file',
  path,
  from: join(bin, name),
});

async function layer(context: SpecContext, name: string, entries: readonly LayerEntry[]): Promise<Layer> {
  return writeLayer(join(context.scratch, `${name}.tar`), entries, context.signal);
}

const base = (context: SpecContext) => layer(context, 'base', baseContents());

/** What a node needs before the first proxy: pause, CoreDNS, istiod. */
export async function controlPlaneSpecs(context: SpecContext): Promise<ImageSpec[]> {
  const common = await base(context);
  const discovery = program(context, 'pilot-discovery', 'usr/local/bin/pilot-discovery');
  const pilot = await layer(context, 'pilot', [discovery]);
  return [
    ...(await nodeSpecs(context, common)),
    {
      references: [images.pilot],
      user: '1337:1337',
      entrypoint: ['/usr/local/bin/pilot-discovery'],
      layers: [common, pilot],
    },
  ];
}

async function nodeSpecs(context: SpecContext, common: Layer): Promise<ImageSpec[]> {
  const coredns = await layer(context, 'coredns', [program(context, 'coredns', 'coredns')]);
  return [
    {
      references: [images.pause],
      user: '65535:65535',
      entrypoint: ['/bin/sleep', '2147483647'],
      layers: [common],
    },
    { references: [images.coredns], user: '0', entrypoint: ['/coredns'], layers: [common, coredns] },
  ];
}

/** Proxies and samples. */
export async function dataPlaneSpecs(context: SpecContext): Promise<ImageSpec[]> {
  const common = await base(context);
  const tables = await layer(context, 'tables', await iptablesContents());
  const proxy = await layer(context, 'proxy', [
    ...(await withLibraries(join(context.bin, 'envoy'), 'usr/local/bin/envoy')),
    program(context, 'pilot-agent', 'usr/local/bin/pilot-agent'),
    ...(await proxyContents(context.signal)),
  ]);
  return [
    {
      references: [images.proxy],
      user: '1337:1337',
      entrypoint: ['/usr/local/bin/pilot-agent'],
      layers: [common, tables, proxy],
    },
    await curlSpec(context, common),
    ...(await helloworldSpecs(context, common)),
  ];
}

async function curlSpec(context: SpecContext, common: Layer): Promise<ImageSpec> {
  const curl = await layer(context, 'curl', await withLibraries(hostProgram('curl')));
  return { references: [images.curl], user: '100:101', entrypoint: ['/bin/sh'], layers: [common, curl] };
}

/** What a node needs beside Istio's own images: pause, CoreDNS and the client of the samples. */
export async function baseSpecs(context: SpecContext): Promise<ImageSpec[]> {
  const common = await base(context);
  return [...(await nodeSpecs(context, common)), await curlSpec(context, common)];
}

/** The server of the samples. */
export async function sampleSpecs(context: SpecContext): Promise<ImageSpec[]> {
  return helloworldSpecs(context, await base(context));
}

async function helloworldSpecs(context: SpecContext, common: Layer): Promise<ImageSpec[]> {
  const own = await layer(context, 'helloworld', [
    program(context, 'helloworld', 'usr/local/bin/helloworld'),
  ]);
  return images.helloworld.map((reference, at) => ({
    references: [reference],
    user: '65534:65534',
    env: [`SERVICE_VERSION=v${at + 1}`],
    entrypoint: ['/usr/local/bin/helloworld'],
    layers: [common, own],
  }));
}
