/**
 * Turn SIGINT and SIGTERM into an abort signal. The first asks for a clean stop and, if that takes
 * more than 200 ms, says so; the second ends the process at once with 130.
 */
export function shutdownSignal(stderr: NodeJS.WritableStream): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  let notice: NodeJS.Timeout | undefined;
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    notice = setTimeout(() => stderr.write('stopping cleanly; press Ctrl+C again to force\n'), 200);
    notice.unref();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    dispose() {
      clearTimeout(notice);
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
