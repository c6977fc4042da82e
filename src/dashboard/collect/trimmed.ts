import type { CallerEndpoints } from '../../report/index.ts';

/** Endpoints of one caller that are sent with the state; where there are more, only of services that differ. */
const most = 600;

/** A caller's services without the endpoints that nobody asked for, where all of them would be too many. */
export function trimmed(caller: CallerEndpoints): CallerEndpoints {
  const count = caller.services.reduce((sum, { endpoints = [] }) => sum + endpoints.length, 0);
  if (count <= most) return caller;
  const services = caller.services.map((row) => {
    if (row.state === 'differs') return row;
    const { endpoints: _, ...rest } = row;
    return rest;
  });
  return { ...caller, services };
}
