import { randomBytes } from 'node:crypto';

const vector = (bytes: number, content: Buffer): Buffer => {
  const length = Buffer.alloc(bytes);
  length.writeUIntBE(content.length, 0, bytes);
  return Buffer.concat([length, content]);
};

const extension = (type: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type >> 8, type & 0xff]), vector(2, content)]);

/**
 * The first message of a TLS 1.2 handshake as a sidecar sends it to a gateway of another network.
 * curl cannot choose its ALPN, and an AUTO_PASSTHROUGH gateway routes `istio` alone. No byte is
 * 0xff, which curl would double when it sends it as telnet.
 */
export function clientHello(serverName: string): Buffer {
  const plain = messageOf(serverName, 0);
  return plain.includes(0xff) ? messageOf(serverName, 7) : plain;
}

function messageOf(serverName: string, padding: number): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    randomBytes(32).map((byte) => byte & 0x7f),
    Buffer.from([0]),
    // ECDHE with AES-GCM and ChaCha20: what every Envoy offers.
    vector(2, Buffer.from('c02bc02fc02cc030cca9cca8', 'hex')),
    Buffer.from([1, 0]),
    vector(2, Buffer.concat([...extensionsOf(serverName), extension(21, Buffer.alloc(padding))])),
  ]);
  const handshake = Buffer.concat([Buffer.from([1]), vector(3, body)]);
  return Buffer.concat([Buffer.from([22, 3, 1]), vector(2, handshake)]);
}

function extensionsOf(serverName: string): Buffer[] {
  const name = Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(serverName))]);
  return [
    extension(0, vector(2, name)),
    extension(10, vector(2, Buffer.from('001d0017', 'hex'))),
    extension(11, vector(1, Buffer.from([0]))),
    extension(13, vector(2, Buffer.from('0403080404010503080505010806060102010203', 'hex'))),
    extension(16, vector(2, vector(1, Buffer.from('istio')))),
    extension(23, Buffer.alloc(0)),
  ];
}
