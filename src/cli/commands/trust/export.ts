import { outputOption, withOperation } from '../../operation.ts';
import { printResult } from '../../shell.ts';
import { type PassphraseFlags, passphraseOf, passphraseOption } from './parts/passphrase.ts';
import type { TrustContext } from './parts/trust-context.ts';

/** `isthmus trust export` */
export function registerTrustExport(context: TrustContext): void {
  context.trust
    .command('export')
    .description(
      'write the root that isthmus made to a file, its key encrypted, to be imported on another machine',
    )
    .argument('<file>', 'PEM: the certificate and its key, encrypted')
    .addOption(outputOption('table', 'json'))
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus trust export root.pem --passphrase-file passphrase\\n  openssl pkey -in root.pem -passin file:passphrase -noout',
    )
    .action(async (path: string, options: PassphraseFlags & { output: 'table' | 'json' }) => {
      const { exportRoot } = await import('../../../mesh/index.ts');
      const passphrase = await passphraseOf(options, context.shell, { isNew: true });
      const done = await withOperation(context, (operation) =>
        exportRoot({ ...operation, path, passphrase }),
      );
      const text = `${done.path}: root ${done.fingerprint}`;
      printResult(context.shell, options.output === 'json' ? JSON.stringify(done, undefined, 2) : text);
    });
}
