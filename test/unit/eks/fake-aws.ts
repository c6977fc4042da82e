import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsAccounts } from '../../../src/eks/aws-accounts.ts';

export interface AwsCall {
  /** Of services that are asked by method and path, these: `GET /clusters/east`. Their answers are JSON as it is. */
  readonly action: string;
  readonly region: string;
  /** The form of a query, by name. */
  readonly form: URLSearchParams;
}

/** What is in an action's result element, or a refusal by its error code. */
export type AwsAnswer = string | { readonly refusal: string };

/**
 * One address for all of AWS. An action is answered by the test, whose XML stands within the elements that
 * CloudFormation and ELB put around it, and EC2 does not; what it does not answer has no items. Region
 * and service are read from the signature, which nobody verifies.
 */
export class FakeAws {
  readonly calls: AwsCall[] = [];
  readonly accounts: AwsAccounts;
  readonly #server: Server;
  readonly #endpoint = process.env['AWS_ENDPOINT_URL'];

  private constructor(server: Server) {
    this.#server = server;
    const credentials = async () => ({ accessKeyId: 'AKIAFAKE', secretAccessKey: 'fake' });
    this.accounts = new AwsAccounts(() => credentials);
    process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(answer: (call: AwsCall) => AwsAnswer | undefined): Promise<FakeAws> {
    const server = createServer(async (request, response) => {
      const call = await read(request);
      fake.calls.push(call);
      const said = answer(call) ?? '';
      const isJson = request.headers['x-amz-target'] !== undefined;
      if (typeof said === 'string' && call.action.includes(' ')) response.end(said || '{}');
      else if (typeof said === 'string') response.end(isJson ? '{}' : wrapped(call.action, said));
      else response.writeHead(403).end(refusalOf(said.refusal));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const fake = new FakeAws(server);
    return fake;
  }

  async close(): Promise<void> {
    if (this.#endpoint === undefined) delete process.env['AWS_ENDPOINT_URL'];
    else process.env['AWS_ENDPOINT_URL'] = this.#endpoint;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function read(request: IncomingMessage): Promise<AwsCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  const [, region = ''] = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
  const target = String(request.headers['x-amz-target'] ?? '').split('.')[1];
  const rest = `${request.method} ${request.url}`;
  return { action: target ?? form.get('Action') ?? rest, region, form };
}

const wrapped = (action: string, xml: string) =>
  `<${action}Response><${action}Result>${xml}</${action}Result>${xml}</${action}Response>`;

const refusalOf = (code: string) =>
  `<Response><Errors><Error><Code>${code}</Code><Message>closed</Message></Error></Errors><Error><Code>${code}</Code><Message>closed</Message></Error></Response>`;
