const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * A Kubernetes quantity such as `512Mi`, `1500m` or `1e9` as a number; undefined if it is none. By
 * the grammar of k8s.io/apimachinery/pkg/api/resource; the client library keeps its parser to itself.
 */
export function parseQuantity(text: string): number | undefined {
  const [, digits, exponent = '', unit = ''] =
    /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(`${digits}${exponent}`) * (factors[unit] ?? Number.NaN);
}
