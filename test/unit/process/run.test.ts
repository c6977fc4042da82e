import { describe, expect, it } from 'vitest';
import { RunError, run } from '../../../src/process/index.ts';

const sh = (script: string, options = {}) => run('sh', ['-c', script], options);

describe('run', () => {
  it('keeps output and errors apart, to the last byte', async () => {
    const result = await sh('printf "out\\n\\n"; printf err >&2');
    expect(result).toEqual({ stdout: 'out\n\n', stderr: 'err', exitCode: 0 });
  });

  it('hands input over and knows no shell', async () => {
    expect((await run('cat', [], { input: 'in' })).stdout).toBe('in');
    expect((await run('echo', ['$HOME; ls'])).stdout).toBe('$HOME; ls\n');
  });

  it('says the command, its exit code and the end of what it said', async () => {
    const error = await sh('for i in 1 2 3 4 5 6 7 8 9; do echo line $i >&2; done; exit 3').catch((e) => e);
    expect(error).toBeInstanceOf(RunError);
    expect(error).toMatchObject({ code: 'PROCESS_FAILED', exitCode: 3 });
    expect(error.message).toMatch(/^sh ended with exit code 3\nline 2\n/);
    expect(error.message).not.toContain('line 1\n');
    expect(error.stderr).toContain('line 1\n');
  });

  it('returns a bad end where that is allowed, but not a program that is not there', async () => {
    expect(await sh('exit 3', { allowFailure: true })).toMatchObject({ exitCode: 3 });
    const missing = run('no-such-program', [], { allowFailure: true });
    await expect(missing).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  });

  it('keeps input and environment out of its error', async () => {
    const secrets = { input: 'planted-input', env: { PLANTED: 'planted-value' } };
    const error = (await sh('exit 1', secrets).catch((e) => e)) as RunError;
    expect(JSON.stringify({ ...error, message: error.message, cause: error.cause })).not.toMatch(/planted-/);
  });

  it('ends a program after its time and when interrupted', async () => {
    await expect(run('sleep', ['30'], { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      message: 'sleep did not end within 50 ms',
    });
    await expect(run('sleep', ['30'], { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });

  it('passes on each line of errors', async () => {
    const lines: string[] = [];
    await sh('echo one >&2; echo two >&2; echo no', { onLine: (line: string) => lines.push(line) });
    expect(lines).toEqual(['one', 'two']);
  });
});
