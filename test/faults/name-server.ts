import { createSocket } from 'node:dgram';

/** Answers every question of a name with one IPv4 address, and lets it be kept for an hour. */
export interface NameServer {
  address: string;
  close(): void;
}

/** A name server for one name, as a zone of a cloud is; ends with its process. */
export async function nameServer(host: string, port: number, address: string): Promise<NameServer> {
  const socket = createSocket('udp4');
  const server = { address, close: () => void socket.close() };
  socket.on('message', (query, { address: asker, port: from }) =>
    socket.send(answer(query, server.address), from, asker),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, resolve);
  });
  return server;
}

const anA = 1;

/** Header and question of the query, then an A record if that was asked for; else nothing, which is no error. */
function answer(query: Buffer, address: string): Buffer {
  const end = endOfName(query) + 4;
  const wanted = query.readUInt16BE(end - 4) === anA;
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8580, 2);
  header.writeUInt16BE(wanted ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  const question = query.subarray(12, end);
  if (!wanted) return Buffer.concat([header, question]);
  const record = Buffer.from([
    0xc0,
    12,
    0,
    anA,
    0,
    1,
    0,
    0,
    0x0e,
    0x10,
    0,
    4,
    ...address.split('.').map(Number),
  ]);
  return Buffer.concat([header, question, record]);
}

function endOfName(query: Buffer): number {
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) at += length + 1;
  return at + 1;
}
