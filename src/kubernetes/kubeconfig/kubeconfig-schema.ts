import * as z from 'zod';

/** As Go's decoder has it, null is what is not there. */
const text = z.string().nullish();
const truth = z.boolean().nullish();
const list = <T extends z.ZodType>(item: T) => z.array(item).nullish();
const map = <T extends z.ZodType>(value: T) => z.record(z.string(), value).nullish();

/** Go's decoder passes over line ends within, and wants all that belongs to the alphabet and its padding. */
const base64 = z
  .string()
  .refine((value) => {
    const one = value.replace(/[\r\n]/g, '');
    return one.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(one);
  }, 'is not base64')
  .nullish();

const extensions = list(z.looseObject({ name: text }).nullable()).refine((all) => {
  const names = (all ?? []).map((one) => one?.name ?? '');
  return new Set(names).size === names.length;
}, 'has two of one name');

const cluster = z
  .looseObject({
    server: text,
    'tls-server-name': text,
    'insecure-skip-tls-verify': truth,
    'certificate-authority': text,
    'certificate-authority-data': base64,
    'proxy-url': text,
    'disable-compression': truth,
    extensions,
  })
  .nullish();

const exec = z
  .looseObject({
    command: text,
    args: list(z.string().nullable()),
    env: list(z.looseObject({ name: text, value: text }).nullable()),
    apiVersion: text,
    installHint: text,
    provideClusterInfo: truth,
    interactiveMode: text,
  })
  .nullish();

const user = z
  .looseObject({
    'client-certificate': text,
    'client-certificate-data': base64,
    'client-key': text,
    'client-key-data': base64,
    token: text,
    tokenFile: text,
    as: text,
    'as-uid': text,
    'as-groups': list(z.string().nullable()),
    'as-user-extra': map(list(z.string().nullable())),
    username: text,
    password: text,
    'auth-provider': z.looseObject({ name: text, config: map(z.string().nullable()) }).nullish(),
    exec,
    extensions,
  })
  .nullish();

const context = z.looseObject({ cluster: text, user: text, namespace: text, extensions }).nullish();

const named = <K extends string, T extends z.ZodType>(key: K, content: T) =>
  list(z.looseObject({ name: text, [key]: content } as { name: typeof text } & Record<K, T>).nullable());

/**
 * The kubeconfig v1 format (k8s.io/client-go/tools/clientcmd/api/v1) as kubectl decodes it: fields that it does
 * not know are of no account, one of another type spoils the file.
 */
export const kubeconfigSchema = z.looseObject({
  apiVersion: z.enum(['', 'v1']).nullish(),
  kind: z.enum(['', 'Config']).nullish(),
  preferences: z.looseObject({ colors: truth, extensions }).nullish(),
  clusters: named('cluster', cluster),
  users: named('user', user),
  contexts: named('context', context),
  'current-context': text,
  extensions,
});

/** What a credential plugin answers with (client.authentication.k8s.io, ExecCredential). */
export const execCredentialSchema = z.looseObject({
  kind: text,
  apiVersion: text,
  status: z
    .looseObject({
      token: text,
      clientCertificateData: text,
      clientKeyData: text,
      expirationTimestamp: z.iso.datetime({ offset: true }).nullish(),
    })
    .nullish(),
});
