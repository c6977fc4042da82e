/**
 * Two-sided exact binomial test: how likely is a count at least as improbable as `hits` among `n`
 * requests that each go there with probability `share`? 1 is exactly as expected.
 */
export function binomialP(hits: number, n: number, share: number): number {
  if (share <= 0) return hits === 0 ? 1 : 0;
  if (share >= 1) return hits === n ? 1 : 0;
  const observed = logProbability(hits, n, share);
  let p = 0;
  // The tolerance lets equally probable counts on the other side be counted in spite of rounding.
  for (let count = 0; count <= n; count += 1) {
    const own = logProbability(count, n, share);
    if (own <= observed + 1e-7) p += Math.exp(own);
  }
  return Math.min(1, p);
}

/** How many requests it takes to be sure, at this risk, that a target with this share is asked at least once. */
export function requestsToSee(share: number, risk: number): number {
  return share >= 1 ? 1 : Math.ceil(Math.log(risk) / Math.log(1 - share));
}

function logProbability(hits: number, n: number, share: number): number {
  return logChoose(n, hits) + hits * Math.log(share) + (n - hits) * Math.log(1 - share);
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let step = 1; step <= Math.min(k, n - k); step += 1) sum += Math.log((n - step + 1) / step);
  return sum;
}
