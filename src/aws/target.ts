/** What the SDK signs with; never shown or stored. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}
export type CredentialSource = () => Promise<AwsCredentials>;

/** One region as one identity sees it. */
export interface AwsTarget {
  readonly region: string;
  readonly profile: string | undefined;
}
