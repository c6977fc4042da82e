import { readFile } from 'node:fs/promises';
import { IsthmusError } from '../../errors/index.ts';
import { run } from '../../process/index.ts';

/** A kubeconfig user's `exec`, in the format's own keys. */
export interface ExecPlugin {
  readonly command: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly apiVersion: string;
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
  readonly interactiveMode?: string;
}

/** What a plugin may be told of the cluster. */
export interface PluginCluster {
  readonly server: string;
  readonly content: Readonly<Record<string, unknown>>;
}

export interface PluginCredential {
  readonly token?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * Ask a credential plugin by client-go's protocol (`client.authentication.k8s.io`). The client library's own
 * runner tells a plugin neither that it was called by this protocol nor of which cluster. Its answer and its
 * words may hold a token, so that no error quotes them. Throws TOOL_MISSING and CLUSTER_UNREACHABLE.
 */
export async function askPlugin(plugin: ExecPlugin, cluster: PluginCluster): Promise<PluginCredential> {
  if (plugin.interactiveMode === 'Always')
    throw failed(plugin, 'wants a terminal, which is not given to it: several clusters are asked at once');
  const given = Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value]));
  const info = JSON.stringify(await execInfo(plugin, cluster));
  const { stdout } = await run(plugin.command, plugin.args ?? [], {
    env: { ...given, KUBERNETES_EXEC_INFO: info },
  }).catch((error: { code?: string }) => {
    throw error.code === 'TOOL_MISSING' ? missing(plugin) : failed(plugin, 'failed');
  });
  return credentialOf(plugin, stdout);
}

async function execInfo(plugin: ExecPlugin, { server, content }: PluginCluster): Promise<object> {
  const { apiVersion, provideClusterInfo } = plugin;
  const spec = { interactive: false };
  if (!provideClusterInfo) return { kind: 'ExecCredential', apiVersion, spec };
  const file = content['certificate-authority'];
  const data =
    content['certificate-authority-data'] ??
    (file ? (await readFile(String(file))).toString('base64') : undefined);
  const extensions = (content['extensions'] ?? []) as { name?: string; extension?: unknown }[];
  const cluster = {
    server,
    'tls-server-name': content['tls-server-name'],
    'insecure-skip-tls-verify': content['insecure-skip-tls-verify'],
    'certificate-authority-data': data,
    'proxy-url': content['proxy-url'],
    'disable-compression': content['disable-compression'],
    config: extensions.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension,
  };
  return { kind: 'ExecCredential', apiVersion, spec: { cluster, ...spec } };
}

interface Answer {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly status?: { token?: string; clientCertificateData?: string; clientKeyData?: string } | null;
}

function credentialOf(plugin: ExecPlugin, stdout: string): PluginCredential {
  const { kind, apiVersion, status } = parsed(plugin, stdout);
  if (kind !== 'ExecCredential') throw failed(plugin, 'answered with something else than an ExecCredential');
  if (apiVersion !== plugin.apiVersion)
    throw failed(plugin, `answered with apiVersion ${apiVersion} where ${plugin.apiVersion} is configured`);
  const { token, clientCertificateData: certificate, clientKeyData: key } = status ?? {};
  if (!token && !certificate && !key) throw failed(plugin, 'gave neither a token nor a certificate');
  if (!certificate !== !key) throw failed(plugin, 'gave a certificate or a key without the other');
  return { token, certificate, key };
}

function parsed(plugin: ExecPlugin, stdout: string): Answer {
  try {
    return (JSON.parse(stdout) ?? {}) as Answer;
  } catch {
    throw failed(plugin, 'gave an answer that is no JSON');
  }
}

const missing = ({ command, installHint }: ExecPlugin) =>
  new IsthmusError('TOOL_MISSING', `the credential plugin ${command} is not installed`, {
    hint: installHint?.trim() || `install ${command}`,
  });

const failed = ({ command }: ExecPlugin, how: string) =>
  new IsthmusError('CLUSTER_UNREACHABLE', `the credential plugin ${command} ${how}`, {
    hint: `run ${command} by hand as the kubeconfig does, and log in again`,
  });
