import { statedRanges } from '../../topology/index.ts';
import { privateSubnets } from '../network/existing-vpc.ts';
import { subnetsOf } from '../network/vpc-subnets.ts';
import { admitsPeers, publicCidrsParameter, subnetsParameter } from '../template/parameters.ts';
import type { StackWork } from './stack-work.ts';

/** Values of the template's parameters: what is known only where things are, and when they are there. */
export async function stackParameters(work: StackWork): Promise<Record<string, string>> {
  return { ...(await subnetValues(work)), ...(await publicAccessValues(work)) };
}

/** Peers that do not exist yet are let in once they do. */
async function publicAccessValues({ spec, peersSendFrom }: StackWork): Promise<Record<string, string>> {
  if (!admitsPeers(spec)) return {};
  const blocks = [...statedRanges(spec.endpoint.publicCidrs), ...(await peersSendFrom())];
  return { [publicCidrsParameter]: [...new Set(blocks.map(String))].join(',') };
}

async function subnetValues({ account, spec }: StackWork): Promise<Record<string, string>> {
  if (spec.vpcId === undefined) return {};
  const subnets = await subnetsOf(account, spec.vpcId);
  const chosen = privateSubnets(spec, subnets);
  return {
    [subnetsParameter]: chosen
      .map((subnet) => subnet.SubnetId ?? '')
      .sort()
      .join(','),
  };
}
