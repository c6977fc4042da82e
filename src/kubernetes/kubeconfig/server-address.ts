/**
 * An API server's address as client-go takes it from a kubeconfig (`DefaultServerURL` of its rest package): plain
 * HTTP where no scheme is stated, without query and fragment.
 * @returns without a slash at its end; undefined if it is no address of HTTP or HTTPS
 */
export function serverAddress(stated: string): string | undefined {
  const schemed = /^[a-z][a-z0-9+.-]*:\/\//i.test(stated);
  // With a path it must have a scheme.
  if (!schemed && stated.includes('/', 0) && !/^[^/]*\/$/.test(stated)) return undefined;
  const whole = schemed ? stated.replace(/^[^:]+/, (scheme) => scheme.toLowerCase()) : `http://${stated}`;
  if (!URL.canParse(whole) || !/^https?:\/\/[^/?#]/.test(whole)) return undefined;
  return whole.replace(/[?#].*$/s, '').replace(/\/$/, '');
}

/** Do two URLs lead to the same server? */
export function sameAddress(one: string, other: string): boolean {
  if (!URL.canParse(one) || !URL.canParse(other)) return false;
  return new URL(one).href === new URL(other).href;
}
