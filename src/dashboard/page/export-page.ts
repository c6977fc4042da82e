import { createHash } from 'node:crypto';
import type { DashboardState } from '../state/state.ts';
import type { PageAssets } from './assets.ts';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Text that no parser of HTML takes for the end of its element. */
const asData = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/**
 * The page of one moment as a file that needs nothing else: it opens without a network, runs no code but
 * its own, and sends nothing. The state must have been cleaned of secrets.
 */
export function exportPage(state: DashboardState, { script, style }: PageAssets): string {
  // Neither text may end its element early.
  const code = script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  const policy = `default-src 'none'; script-src ${hashOf(code)}; style-src ${hashOf(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>isthmus</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<script type="application/json" id="state">${asData(state)}</script>
<script type="module">${code}</script>
</body>
</html>
`;
}
