// What the client of EventStoreDB would not tell, or would tell with the password in it: it prints the whole connection
// string with a warning about an option that it does not know, and then ignores that option, were it the TLS of a
// password. So the options are looked at before it gets them, and what is said of them names no value.
import { accessSync, constants } from 'node:fs';

type Rule = { allowed: RegExp; meaning: string } | 'text' | 'file';

const flag: Rule = { allowed: /^(true|false)$/, meaning: 'true or false' };
const whole: Rule = { allowed: /^-?\d{1,9}$/, meaning: 'a whole number' };

/** By the names that the client gives them; upper and lower case, dashes and underscores make no difference to it. */
const options: Readonly<Record<string, Rule>> = {
  tls: flag,
  tlsCAFile: 'file',
  userCertFile: 'file',
  userKeyFile: 'file',
  nodePreference: {
    allowed: /^(leader|follower|read_?only_?replica|random)$/i,
    meaning: 'leader, follower, readOnlyReplica or random',
  },
  throwOnAppendFailure: { allowed: /^true$/, meaning: 'true: the gateway relies on it' },
  connectionName: 'text',
  maxDiscoverAttempts: whole,
  discoveryInterval: whole,
  gossipTimeout: whole,
  defaultDeadline: whole,
  keepAliveInterval: whole,
  keepAliveTimeout: whole,
};

const flat = (name: string): string => name.trim().toLowerCase().replaceAll(/[_-]/g, '');
const rules = new Map(Object.entries(options).map(([name, rule]) => [flat(name), { name, rule }]));

/** Throws what Node throws for a file that cannot be read. */
type CheckFile = (path: string) => void;

const checkFile: CheckFile = (path) => accessSync(path, constants.R_OK);

/** Null, or why a connection string of the right shape cannot be used, without any value that may be a secret. */
export function eventStoreUrlProblem(url: string, check: CheckFile = checkFile): string | null {
  const [address = '', query = ''] = url.split('?', 2);
  if (url.indexOf('?') !== url.lastIndexOf('?')) return 'has more than one question mark';
  if (/^esdb\+discover:/.test(url) && address.includes(','))
    return 'names several hosts, of which esdb+discover:// asks the first alone: esdb:// asks all of them';
  if (!decodes(address)) return 'has a % in it that encodes nothing';
  if (query === '') return url.includes('?') ? 'ends in a question mark' : null;
  const given = new Set<string>();
  for (const pair of query.split('&')) {
    const [key = '', value = '', ...more] = pair.split('=');
    const known = rules.get(flat(key));
    if (flat(key) === 'tlsverifycert') return 'has the option tlsVerifyCert, which this client lacks: use tlsCaFile';
    if (known === undefined) return `has an option other than ${Object.keys(options).join(', ')}`;
    if (given.has(known.name)) return `has the option ${known.name} twice`;
    given.add(known.name);
    const problem = value === '' || more.length > 0 ? 'needs one value' : problemOf(value.trim(), known.rule, check);
    if (problem !== null) return `has the option ${known.name}, which ${problem}`;
  }
  if (given.has('userCertFile') !== given.has('userKeyFile')) return 'has only one of userCertFile and userKeyFile';
  return null;
}

function problemOf(value: string, rule: Rule, check: CheckFile): string | null {
  if (typeof rule === 'object') return rule.allowed.test(value) ? null : `has to be ${rule.meaning}`;
  if (!decodes(value)) return 'has a % in it that encodes nothing';
  if (rule === 'text') return null;
  try {
    check(decodeURIComponent(value));
    return null;
  } catch (error) {
    return `names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
