// The passwords of these tests, and every form in which one could be read by who must not know it.

/** With all that is special in addresses, in base64 and in patterns. */
export const secrets = {
  redis: 'r3d1s@/:%+?#Pw',
  sentinel: 's3nt1nel@/:%+?#Pw',
  eventStore: 'st0re@/:%+?#Pw',
  exchange: 'exch4nge@/:%+?#Pw',
  api: 'ap1@/:%+?#Pw',
};

export const user = 'gateway';

export const userinfo = (secret: string): string => `${user}:${encodeURIComponent(secret)}@`;

export const basic = (secret: string): string => `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;

/** As it is; what is left of it where an address was cut at one of its special characters; encoded; as a header. */
function formsOf(secret: string): string[] {
  const distinct = secret.split('@')[0] ?? secret;
  const headers = [`${user}:${secret}`, `:${secret}`, secret].map((text) => Buffer.from(text).toString('base64'));
  return [distinct, encodeURIComponent(secret), ...headers.map((text) => text.slice(0, 16))];
}

const forms = Object.values(secrets).flatMap(formsOf);

/** The lines of `text` that give a password away. */
export function leaksIn(text: string): string[] {
  return text.split('\n').filter((line) => forms.some((form) => line.includes(form)));
}
