import { type IStackSynthesizer, LegacyStackSynthesizer } from 'aws-cdk-lib/core';

/**
 * Names no role, bucket or bootstrap version, so that a deployment signs with the caller's own
 * credentials and asks for nothing else. The bootstrapless one still names a role to try first.
 */
export function plainSynthesizer(): IStackSynthesizer {
  return new LegacyStackSynthesizer() as IStackSynthesizer;
}
