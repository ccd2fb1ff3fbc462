// An authority of certificates for one test, and certificates for servers of this machine that it vouches for.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export type TestCertificates = {
  /** Where the files lie. */
  folder: string;
  /** What clients are to trust. */
  caFile: string;
  certFile: string;
  keyFile: string;
  ca: string;
  cert: string;
  key: string;
  remove: () => Promise<void>;
};

const commonName = (value: string) => [{ name: 'commonName', value }];
const keys = { keyType: 'ec', algorithm: 'sha256' } as const;

/** For `localhost` and `127.0.0.1`. */
export async function testCertificates(): Promise<TestCertificates> {
  const authority = await generate(commonName('Authority of one test'), {
    ...keys,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate(commonName('localhost'), {
    ...keys,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const folder = await mkdtemp(join(tmpdir(), 'orders-certificates-'));
  const [caFile, certFile, keyFile] = ['ca.crt', 'server.crt', 'server.key'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(caFile, authority.cert);
  await writeFile(certFile, server.cert);
  await writeFile(keyFile, server.private);
  const texts = { ca: authority.cert, cert: server.cert, key: server.private };
  return { folder, caFile, certFile, keyFile, ...texts, remove: () => rm(folder, { recursive: true, force: true }) };
}
