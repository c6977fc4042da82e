/** `address:port` as programs take it: an IPv6 address goes into brackets. */
export const hostPort = ({ address, port }: { address: string; port: number }): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
