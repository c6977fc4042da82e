import { Agent, request } from 'node:https';

/** The part of an object that thin clusters look at. */
export interface ThinObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly generation?: number;
  };
  // biome-ignore lint/suspicious/noExplicitAny: objects of many kinds, each looked at in one place
  readonly [field: string]: any;
}

/** Requests to one thin cluster's API server as its administrator. */
export class ThinApi {
  readonly #agent: Agent;
  readonly #host: string;
  readonly #port: number;

  constructor(
    host: string,
    port: number,
    tls: { readonly ca: string; readonly cert: string; readonly key: string },
  ) {
    this.#host = host;
    this.#port = port;
    this.#agent = new Agent({ ...tls, keepAlive: true, maxSockets: 4 });
  }

  async list(path: string): Promise<ThinObject[]> {
    const { items } = JSON.parse(await this.send('GET', path)) as { items?: ThinObject[] };
    return items ?? [];
  }

  /** One that is there already is left as it is. */
  async create(path: string, object: ThinObject): Promise<void> {
    await this.send('POST', path, { body: object, allowed: [409] });
  }

  /** By server-side apply, as isthmus does. */
  async apply(path: string, object: ThinObject): Promise<void> {
    const target = `${path}/${object.metadata?.name}?fieldManager=isthmus&force=true`;
    await this.send('PATCH', target, { body: object, type: 'application/apply-patch+yaml' });
  }

  async patch(path: string, change: object): Promise<void> {
    await this.send('PATCH', path, { body: change, type: 'application/merge-patch+json' });
  }

  /** The answer's body. Throws for any status that is neither a success nor allowed. */
  send(
    method: string,
    path: string,
    {
      body,
      type = 'application/json',
      allowed = [],
    }: { body?: object; type?: string; allowed?: number[] } = {},
  ): Promise<string> {
    const headers = body ? { 'content-type': type } : {};
    const target = { host: this.#host, port: this.#port, agent: this.#agent, method, path, headers };
    return new Promise((resolve, reject) => {
      const asking = request(target, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const status = answer.statusCode ?? 0;
          if (status < 300 || allowed.includes(status)) resolve(text);
          else reject(new Error(`${method} ${this.#host}${path}: ${status} ${text.slice(0, 500)}`));
        });
      });
      asking.on('error', reject);
      asking.end(body ? JSON.stringify(body) : undefined);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
