import { outputOption, withOperation } from '../../operation.ts';
import { printResult } from '../../shell.ts';
import { type PassphraseFlags, passphraseOf, passphraseOption } from './parts/passphrase.ts';
import type { TrustContext } from './parts/trust-context.ts';

/** `isthmus trust import` */
export function registerTrustImport(context: TrustContext): void {
  context.trust
    .command('import')
    .description('keep an exported root on this machine, if it is the one that the clusters have')
    .argument('<file>', 'PEM: the certificate and its key, encrypted')
    .addOption(outputOption('table', 'json'))
    .addOption(passphraseOption())
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus trust import root.pem --passphrase-file passphrase\\n  ISTHMUS_PASSPHRASE=… isthmus trust import root.pem',
    )
    .action(async (path: string, options: PassphraseFlags & { output: 'table' | 'json' }) => {
      const { importRoot } = await import('../../../mesh/index.ts');
      const passphrase = await passphraseOf(options, context.shell, { isNew: false });
      const done = await withOperation(context, (operation) =>
        importRoot({ ...operation, path, passphrase }),
      );
      const text = `${done.path}: root ${done.fingerprint}`;
      printResult(context.shell, options.output === 'json' ? JSON.stringify(done, undefined, 2) : text);
    });
}
