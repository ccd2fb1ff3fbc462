import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { eventStoreUrlProblem } from './event-store-url.ts';
import { readConfig } from './read-config.ts';
import { eventStoreSettings } from './settings.ts';

const check = (path: string) => {
  if (path !== '/ca file.crt') throw Object.assign(new Error('hunter2'), { code: 'ENOENT' });
};
const problemOf = (url: string) => eventStoreUrlProblem(url, check);

describe('eventStoreUrlProblem', () => {
  it.each([
    'esdb://127.0.0.1:2113?tls=false',
    'esdb://127.0.0.1',
    'esdb+discover://admin:p%40ss@a:2113/?tls=true&tlsCaFile=/ca%20file.crt',
    'esdb://admin:p%40ss@a:2113,b:2113?tls=true',
    'esdb://h?TLS_CA_FILE=/ca%20file.crt&node-preference=Follower&keepAliveInterval=-1',
    'esdb://h?userCertFile=/ca%20file.crt&userKeyFile=/ca%20file.crt',
  ])('has nothing against %s', (url) => expect(problemOf(url)).toBeNull());

  it.each([
    ['tlsverify=hunter2', 'has an option other than tls, tlsCAFile, '],
    ['hunter2', 'has an option other than tls, tlsCAFile, '],
    ['tls=hunter2', 'has the option tls, which has to be true or false'],
    ['gossipTimeout=hunter2', 'has the option gossipTimeout, which has to be a whole number'],
    ['nodePreference=hunter2', 'has the option nodePreference, which has to be leader, follower,'],
    [
      'throwOnAppendFailure=false',
      'has the option throwOnAppendFailure, which has to be true: the gateway relies on it',
    ],
    ['tlsVerifyCert=false', 'has the option tlsVerifyCert, which this client lacks: use tlsCaFile'],
    ['tlsCaFile=/hunter2', 'has the option tlsCAFile, which names a file that cannot be read (ENOENT)'],
    ['tlsCaFile=/%ff', 'has the option tlsCAFile, which has a % in it that encodes nothing'],
    ['tls=true&tls=false', 'has the option tls twice'],
    ['tls=', 'has the option tls, which needs one value'],
    ['tls=true=hunter2', 'has the option tls, which needs one value'],
    ['userCertFile=/ca%20file.crt', 'has only one of userCertFile and userKeyFile'],
    ['tls=true?hunter2', 'has more than one question mark'],
    ['', 'ends in a question mark'],
  ])('says what is wrong with ?%s, and shows no value', (query, problem) => {
    expect(problemOf(`esdb://admin:hunter2@host?${query}`)).toContain(problem);
    expect(problemOf(`esdb://admin:hunter2@host?${query}`)).not.toContain('hunter2');
  });

  it('knows hosts that the client would never ask', () =>
    expect(problemOf('esdb+discover://admin:hunter2@a,b')).toMatch(/^names several hosts, of which esdb\+discover/));

  it('knows a percent sign that stands for nothing', () =>
    expect(problemOf('esdb://admin:hunter2%ff@host')).toBe('has a % in it that encodes nothing'));
});

describe('EVENTSTORE_URL', () => {
  const read = (EVENTSTORE_URL: string) => () => readConfig(Type.Object(eventStoreSettings), { EVENTSTORE_URL });

  it('is refused for an option that the client would ignore', () =>
    expect(read('esdb://admin:hunter2@host?tslCaFile=/x')).toThrow(/^EVENTSTORE_URL has an option other than [^\n]+$/));

  it.each([
    'esdb://admin:hun@ter2@host',
    'esdb://admin:hun/ter2@host',
    'esdb://admin:hun:ter2@host',
    'esdb://admin:hun?ter2@host',
    'esdb://admin:hun#ter2@host',
    'esdb://admin:hun%ter2@host',
    'esdb://hunter2@host',
    'esdb://host?tls=false#hunter2',
    'http://admin:hunter2@host',
  ])('is refused, unseen, when it could be understood in two ways: %s', (url) => {
    expect(read(url)).toThrow(/^EVENTSTORE_URL has to be a connection string such as /);
    expect(read(url)).not.toThrow(/hun|ter2/);
  });
});
