import type { ProviderContext } from '../../../src/provider/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import type { Topology } from '../../../src/topology/index.ts';
import { type EmulatedUser, Emulator, type RecordedCall } from '../emulator/emulator.ts';

const variables = ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE'];

/** An emulator that this process takes for AWS. */
export class RehearsedAws {
  readonly emulator: Emulator;
  /** Whom isthmus acts for. */
  readonly deployer: EmulatedUser;
  /** Whom the test itself acts for, so that its calls are told apart. */
  readonly tester: EmulatedUser;
  readonly #before: Record<string, string | undefined>;

  private constructor(emulator: Emulator, deployer: EmulatedUser, tester: EmulatedUser) {
    this.emulator = emulator;
    this.deployer = deployer;
    this.tester = tester;
    this.#before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
    process.env['AWS_ENDPOINT_URL'] = emulator.url;
    process.env['AWS_ACCESS_KEY_ID'] = deployer.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = deployer.secretAccessKey;
    delete process.env['AWS_PROFILE'];
  }

  static async start(): Promise<RehearsedAws> {
    const emulator = await Emulator.start();
    const [deployer, tester] = [await emulator.createUser('deployer'), await emulator.createUser('tester')];
    return new RehearsedAws(emulator, deployer, tester);
  }

  async stop(): Promise<void> {
    for (const [name, value] of Object.entries(this.#before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await this.emulator.stop();
  }

  context(topology: Topology): ProviderContext {
    return { topology, reporter: silentReporter, signal: AbortSignal.timeout(300_000) };
  }

  /** The calls that isthmus has caused so far. */
  async calls(): Promise<RecordedCall[]> {
    return (await this.emulator.calls()).filter(
      ({ accessKeyId }) => accessKeyId === this.deployer.accessKeyId,
    );
  }

  /** Their IAM actions, sorted. */
  async actions(): Promise<string[]> {
    return [...new Set((await this.calls()).map(({ action }) => action))].sort();
  }
}
