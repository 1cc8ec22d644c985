import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** An X.509 certificate made on the spot, so that no private key lies in the repository and none expires in it. */
export interface TestCertificate {
  cert: string;
  key: string;
  /** Signs others with this one as their authority. */
  issue(options: CertificateOptions): TestCertificate;
}

export interface CertificateOptions {
  commonName: string;
  /** DNS names and IPv4 addresses it is good for. */
  names?: readonly string[];
  /** `YYYY`, the whole year's first and last day. */
  fromYear?: number;
  toYear?: number;
}

interface Issuer {
  name: Buffer;
  key: KeyObject;
}

/** Its own authority. */
export function selfSigned(options: CertificateOptions): TestCertificate {
  return make(options, null);
}

let serial = 1;

function make(options: CertificateOptions, issuer: Issuer | null): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = nameOf(options.commonName);
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)); // ecdsa-with-SHA256
  serial += 1;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.from([serial])),
    algorithm,
    issuer?.name ?? subject,
    sequence(
      instant(`${options.fromYear ?? 2020}0101000000Z`),
      instant(`${options.toYear ?? 2120}1231235959Z`),
    ),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensionsOf(options, issuer === null))),
  );
  const signature = sign('sha256', body, issuer?.key ?? privateKey);
  const cert = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${cert.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key,
    issue: (child) => make(child, { name: subject, key: createPrivateKey(key) }),
  };
}

function extensionsOf({ names = [] }: CertificateOptions, isAuthority: boolean): Buffer[] {
  const extensions: Buffer[] = [];
  if (isAuthority) {
    const basic = sequence(der(0x01, Buffer.from([0xff])));
    extensions.push(sequence(oid(0x55, 0x1d, 0x13), der(0x01, Buffer.from([0xff])), der(0x04, basic)));
  }
  if (names.length > 0) {
    const list = names.map((name) =>
      /^[\d.]+$/.test(name)
        ? der(0x87, Buffer.from(name.split('.').map(Number)))
        : der(0x82, Buffer.from(name)),
    );
    extensions.push(sequence(oid(0x55, 0x1d, 0x11), der(0x04, sequence(...list))));
  }
  return extensions.length > 0
    ? extensions
    : [sequence(oid(0x55, 0x1d, 0x0f), der(0x04, der(0x03, Buffer.from([7, 0x80]))))];
}

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(commonName)))));
}

/** GeneralizedTime, which reaches beyond 2049. */
function instant(text: string): Buffer {
  return der(0x18, Buffer.from(text));
}

function oid(...bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** One DER element: tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
