import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { createRoot, issueLeaf } from '../../../../src/pki/index.ts';

/** What the API server got to see of a caller. */
export interface Sight {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Common name of the client's certificate; empty without one. */
  readonly certificate: string;
  readonly serverName: string | false;
}

/** API servers and proxies on this machine, and a folder with what kubeconfigs name. */
export interface OracleBed {
  readonly folder: string;
  /** What stands for what in kubeconfigs and environments, written as `{name}`. */
  readonly words: Readonly<Record<string, string>>;
  /** What came since it was last asked: the caller of an API server, and what proxies were told. */
  take(): { readonly sight: Sight | undefined; readonly proxied: readonly string[] };
  close(): Promise<void>;
}

/** Answers with a token that says what it was told. */
const toldPlugin = `#!/bin/sh
info=$(printf %s "$KUBERNETES_EXEC_INFO" | base64 -w0)
echo '{"kind":"ExecCredential","apiVersion":"'\${VERSION:-client.authentication.k8s.io/v1}'","status":{"token":"'$PLACE$info'"}}'
`;

/** Asks on the terminal, and answers with what was typed. */
const askingPlugin = `#!/bin/sh
printf 'code: ' >&2
read -r code || code=nothing
echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"'$code'"}}'
`;

/** Answers as its environment wants it. */
const answerPlugin = `#!/bin/sh
printf '%s' "$ANSWER"
`;

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A JSON Web Token that ends so many seconds from now. */
const idToken = (seconds: number, name: string): string => {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ exp: Math.floor(Date.now() / 1000) + seconds, name })}.c2ln`;
};

export async function oracleBed(): Promise<OracleBed> {
  const folder = await mkdtemp(join(tmpdir(), 'as-kubectl-'));
  let sight: Sight | undefined;
  let proxied: string[] = [];
  const pki = await certificates();
  await writeFiles(folder, pki);
  const tls = { cert: pki.serving.certificatePem, key: pki.serving.keyPem, ca: pki.ca };
  const answer = (request: http.IncomingMessage, response: http.ServerResponse) => {
    response.setHeader('Content-Type', 'application/json');
    const port = portOf(secure);
    if (request.url?.endsWith('/.well-known/openid-configuration'))
      return response.end(
        JSON.stringify({
          issuer: `https://127.0.0.1:${port}`,
          token_endpoint: `https://127.0.0.1:${port}/token`,
        }),
      );
    if (request.url === '/token')
      return response.end(
        JSON.stringify({
          access_token: 'a',
          token_type: 'Bearer',
          id_token: renewed,
          refresh_token: 'second',
        }),
      );
    const socket = request.socket as Partial<TLSSocket>;
    sight = {
      path: (request.url ?? '').replace(/[?&]timeout=\w+$/, ''),
      headers: tellingHeaders(request),
      certificate: String(socket.getPeerCertificate?.().subject?.CN ?? ''),
      serverName: socket.servername ? socket.servername.toLowerCase() : false,
    };
    return response.end('{}');
  };
  const secure = https.createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, answer);
  const plain = http.createServer(answer);
  const renewed = idToken(3600, 'renewed');
  const told = (line: string) => proxied.push(line);
  const behind = () => connect(portOf(secure), '127.0.0.1');
  const proxy = httpProxy(http.createServer(), told, { behind, plain: () => portOf(plain) });
  const tlsProxy = httpProxy(https.createServer(tls), told, { behind, plain: () => portOf(plain) });
  const socks = socksProxy(told, behind);
  const all = [secure, plain, proxy, tlsProxy, socks];
  for (const one of all) await new Promise<void>((done) => one.listen(0, '127.0.0.1', done));
  const proxyAddress = `127.0.0.1:${portOf(proxy)}`;
  return {
    folder,
    words: {
      folder,
      port: String(portOf(secure)),
      server: `https://127.0.0.1:${portOf(secure)}`,
      httpPort: String(portOf(plain)),
      proxyPort: String(portOf(proxy)),
      proxy: `http://${proxyAddress}`,
      proxyWithPassword: `http://me:p%40w@${proxyAddress}`,
      tlsProxy: `https://127.0.0.1:${portOf(tlsProxy)}`,
      socks: `socks5://127.0.0.1:${portOf(socks)}`,
      socksWithPassword: `socks5://me:pw@127.0.0.1:${portOf(socks)}`,
      ca: base64(pki.ca),
      crt: base64(pki.client.certificatePem),
      key: base64(pki.client.keyPem),
      idToken: idToken(3600, 'stated'),
      oldIdToken: idToken(-3600, 'old'),
      pair: JSON.stringify({
        clientCertificateData: pki.client.certificatePem,
        clientKeyData: pki.client.keyPem,
      }),
    },
    take() {
      const taken = { sight, proxied };
      [sight, proxied] = [undefined, []];
      return taken;
    },
    async close() {
      for (const one of all) {
        if ('closeAllConnections' in one) one.closeAllConnections();
        one.close();
      }
      await rm(folder, { recursive: true });
    },
  };
}

const portOf = (one: Server) => (one.address() as AddressInfo).port;

async function certificates() {
  const issuer = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
  const own = { issuer, days: 1, dnsNames: ['api.test', 'localhost'], ipAddresses: ['127.0.0.1'] };
  const serving = await issueLeaf({ ...own, commonName: 'api', usages: ['server'] });
  const client = await issueLeaf({ issuer, days: 1, commonName: 'caller', usages: ['client'] });
  const other = await issueLeaf({ issuer, days: 1, commonName: 'other', usages: ['client'] });
  return { ca: issuer.certificatePem, serving, client, other };
}

async function writeFiles(folder: string, pki: Awaited<ReturnType<typeof certificates>>): Promise<void> {
  const files = {
    ca: pki.ca,
    crt: pki.client.certificatePem,
    key: pki.client.keyPem,
    'other-key': pki.other.keyPem,
    token: 'of-the-file\n',
    empty: '',
    'no-pem': 'no certificate',
    'below/token': 'of-the-file-below',
    'below/ca': pki.ca,
  };
  for (const name of ['below', 'bin', 'folder']) await mkdir(join(folder, name));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  for (const path of ['plugin', 'below/plugin', 'bin/in-path'])
    await writeFile(join(folder, path), toldPlugin, { mode: 0o700 });
  await writeFile(join(folder, 'answer'), answerPlugin, { mode: 0o700 });
  await writeFile(join(folder, 'asking'), askingPlugin, { mode: 0o700 });
}

function tellingHeaders({ headersDistinct }: http.IncomingMessage): Sight['headers'] {
  const telling = Object.entries(headersDistinct).filter(([name]) =>
    /^(authorization|impersonate-)/.test(name),
  );
  return Object.fromEntries(telling.map(([name, values]) => [name, (values ?? []).map(readable)]).sort());
}

/** What the plugin was told, which it answers as its token, without regard to the order of its keys. */
function readable(value: string): string {
  const told = /^Bearer (told:)(\S+)$/.exec(value)?.[2];
  if (!told) return value;
  const sorted = (_: string, one: unknown) =>
    one && typeof one === 'object' && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort())
      : one;
  return JSON.stringify(JSON.parse(Buffer.from(told, 'base64').toString()), sorted);
}

interface Behind {
  behind(): Socket;
  plain(): number;
}

/** A proxy that leads to the API server, whatever it is asked for. */
function httpProxy<T extends http.Server | https.Server>(
  server: T,
  told: (line: string) => void,
  { behind, plain }: Behind,
): T {
  const credentials = ({ headers }: http.IncomingMessage) => headers['proxy-authorization'] ?? 'anonymous';
  server.on('connect', (request: http.IncomingMessage, client: Socket) => {
    told(`CONNECT ${request.url} ${credentials(request)}`);
    const upstream = behind().on('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    for (const one of [client, upstream]) one.on('error', () => upstream.destroy());
  });
  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    const { href, pathname } = new URL((request.url ?? '').replace(/[?&]timeout=\w+$/, ''), 'http://none');
    told(`${request.method} ${href} ${credentials(request)}`);
    const { 'proxy-authorization': _, ...headers } = request.headers;
    http
      .request({ port: plain(), host: '127.0.0.1', path: pathname, headers }, (answer) =>
        answer.pipe(response),
      )
      .end();
  });
  return server;
}

/** As RFC 1928 and 1929 have it, as far as clients of names and IPv4 addresses ask. */
function socksProxy(told: (line: string) => void, behind: () => Socket): Server {
  return createServer((client) => {
    let [user, step] = ['anonymous', 'greeting'];
    const onData = (data: Buffer) => {
      if (step === 'greeting') {
        const password = data.subarray(2).includes(2);
        step = password ? 'password' : 'request';
        return client.write(Buffer.from([5, password ? 2 : 0]));
      }
      if (step === 'password') {
        step = 'request';
        user = data.subarray(2, 2 + (data[1] ?? 0)).toString();
        return client.write(Buffer.from([1, 0]));
      }
      client.off('data', onData);
      const named = data[3] === 3;
      const host = named ? data.subarray(5, 5 + (data[4] ?? 0)).toString() : data.subarray(4, 8).join('.');
      told(`socks5 ${host} ${user}`);
      const upstream = behind().on('connect', () => {
        client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        client.pipe(upstream).pipe(client);
      });
      for (const one of [client, upstream]) one.on('error', () => upstream.destroy());
      return true;
    };
    client.on('data', onData);
    client.on('error', () => client.destroy());
  });
}
