/** A message of the kubelet's WebSockets: which channel, then what is on it. */
export const frame = (channel: number, content: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from([channel]), Buffer.from(content)]);
