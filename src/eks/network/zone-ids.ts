import type { Subnet } from '@aws-sdk/client-ec2';

/** Zones by their ids, which are the same in every account, where EKS makes no cluster: docs.aws.amazon.com/eks/latest/userguide/network-reqs.html. */
export const refusedZoneIds: readonly string[] = ['use1-az3', 'usw1-az2', 'cac1-az3'];

/** `use1-az1`, but neither the Local Zone `usw2-lax1-az1` nor the Wavelength Zone `use1-wl1-bos-wlz1`. */
const ordinaryId = /^[a-z]+\d+-az\d+$/;

/** What is wrong with where a subnet is, as EKS sees it: a zone's id, or its kind; undefined if nothing is. */
export function barredPlace({ AvailabilityZoneId: id, OutpostArn }: Subnet): string | undefined {
  if (OutpostArn) return 'an Outpost';
  if (id === undefined) return undefined;
  return refusedZoneIds.includes(id) || !ordinaryId.test(id) ? id : undefined;
}
