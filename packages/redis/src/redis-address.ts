// What one address of REDIS_URL says, as options of ioredis, which itself knows neither Sentinels nor files of
// certificates in an address, and passes over what it does not know. No message shows what may be a secret.
import { accessSync, constants, readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '@orders/config/read-config';
import type { RedisOptions } from 'ioredis';

/** Throws what Node throws for a file that cannot be read. */
export type ReadTlsFile = (path: string) => string;

const readTlsFile: ReadTlsFile = (path) => {
  accessSync(path, constants.R_OK);
  return readFileSync(path, 'utf8');
};

const shape =
  /^(?<tls>rediss?)(?<sentinel>\+sentinel)?:\/\/((?<user>[^/?#@,]*)@)?(?<hosts>[^/?#@]+)(?<path>\/[^?#@]*)?(\?(?<query>[^#@]*))?$/;

const sentinelPort = 26_379;
const redisPort = 6_379;
const portMax = 65_535;
/** A Sentinel that does not answer by then is passed over: another one knows as well. */
const sentinelAnswerMs = 2_000;

const tlsOptions = ['tlsCaFile', 'tlsCertFile', 'tlsKeyFile', 'tlsServerName'];
const sentinelOptions = ['sentinelUser', 'sentinelPassword'];

/** Everything but the shape of replies, which stays as it is. */
export type RedisAddress = Omit<RedisOptions, 'replyMapping'>;

/** Throws `ConfigError` for an address that cannot be understood, or whose files cannot be read. */
export function redisAddress(address: string, readFile: ReadTlsFile = readTlsFile): RedisAddress {
  const groups = shape.exec(address)?.groups;
  if (groups === undefined) throw unusable('has to look like redis://user:password@host:6379/0');
  const bySentinels = groups.sentinel !== undefined;
  const options = optionsIn(groups.query ?? '', [...tlsOptions, ...(bySentinels ? sentinelOptions : [])]);
  const tls = groups.tls === 'rediss' ? tlsFrom(options, readFile) : refuseTls(options);
  const credentials = credentialsIn(groups.user);
  const [, first = '', ...rest] = (groups.path ?? '').split('/');
  if (rest.length > (bySentinels ? 1 : 0)) throw unusable('goes on where it has to end');
  if (!bySentinels) {
    const [host, ...others] = hostsIn(groups.hosts ?? '', redisPort);
    if (others.length > 0) throw unusable('names several hosts, which only redis+sentinel:// can');
    return { ...host, ...credentials, ...databaseIn(first), ...(tls && { tls }) };
  }
  if (first === '')
    throw unusable('has to end in the name that the Sentinels give the master: redis+sentinel://host/name');
  return {
    sentinels: hostsIn(groups.hosts ?? '', sentinelPort),
    name: decoded(first),
    role: 'master',
    // Tells of a new master at once. A host that is gone without a word would keep its connections for minutes.
    failoverDetector: true,
    sentinelCommandTimeout: sentinelAnswerMs,
    ...credentials,
    ...databaseIn(rest[0] ?? ''),
    ...sentinelCredentials(options),
    ...(tls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

const unusable = (problem: string): ConfigError => new ConfigError(`REDIS_URL ${problem}`);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unusable('has a % in it that encodes nothing');
  }
}

/** A password alone stands behind a colon, as in redis://:password@host. */
function credentialsIn(user: string | undefined): { username?: string; password?: string } {
  if (user === undefined || user === '') return {};
  const [name = '', password, ...more] = user.split(':');
  if (more.length > 0)
    throw unusable('has more than one colon in user and password: encode those of the password as %3A');
  if (password === undefined || password === '') throw unusable('names a user without a password');
  return { ...(name !== '' && { username: decoded(name) }), password: decoded(password) };
}

function hostsIn(list: string, fallback: number): { host: string; port: number }[] {
  return list.split(',').map((place) => {
    const [, bracketed, plain, digits] =
      /^(?:\[([0-9a-fA-F:.]+)\]|([0-9A-Za-z_.-]+))(?::(\d{1,5}))?$/.exec(place) ?? [];
    const host = bracketed ?? plain;
    if (host === undefined) throw unusable('has a host that cannot be understood');
    const port = digits === undefined ? fallback : Number(digits);
    if (port < 1 || port > portMax) throw unusable('has a port that there is not');
    return { host, port };
  });
}

function databaseIn(text: string): { db?: number } {
  if (text === '') return {};
  if (!/^\d{1,5}$/.test(text)) throw unusable('has something else than the number of a database at its end');
  return { db: Number(text) };
}

type Options = ReadonlyMap<string, string>;

function optionsIn(query: string, known: readonly string[]): Options {
  const options = new Map<string, string>();
  for (const pair of query === '' ? [] : query.split('&')) {
    const [key = '', value = '', ...more] = pair.split('=');
    const name = known.find((option) => option.toLowerCase() === key.toLowerCase());
    if (name === undefined) throw unusable(`has an option other than ${known.join(', ')}`);
    if (value === '' || more.length > 0) throw unusable(`has the option ${name}, which needs one value`);
    if (options.has(name)) throw unusable(`has the option ${name} twice`);
    options.set(name, decoded(value));
  }
  return options;
}

function sentinelCredentials(options: Options): { sentinelUsername?: string; sentinelPassword?: string } {
  const [sentinelUsername, sentinelPassword] = sentinelOptions.map((name) => options.get(name));
  return { ...(sentinelUsername && { sentinelUsername }), ...(sentinelPassword && { sentinelPassword }) };
}

function tlsFrom(options: Options, readFile: ReadTlsFile): ConnectionOptions {
  const fileOf = (name: string) => {
    const path = options.get(name);
    if (path === undefined) return undefined;
    try {
      return readFile(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw unusable(`has the option ${name}, which names a file that cannot be read (${code})`);
    }
  };
  const [ca, cert, key] = [fileOf('tlsCaFile'), fileOf('tlsCertFile'), fileOf('tlsKeyFile')];
  if ((cert === undefined) !== (key === undefined)) throw unusable('has only one of tlsCertFile and tlsKeyFile');
  const servername = options.get('tlsServerName');
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), ...(servername && { servername }) };
}

function refuseTls(options: Options): undefined {
  const given = tlsOptions.find((name) => options.has(name));
  if (given !== undefined) throw unusable(`has the option ${given}, which only rediss:// can use`);
}
