/** What requests to a server take: `fetch` refuses a URL with user and password in it, and says so with both. */
export type HttpAddress = {
  /** The base URL without a slash at its end, fit to be shown. */
  base: string;
  headers: Readonly<Record<string, string>>;
};

/** `url` is one that its setting has found to be of HTTP. */
export function httpAddress(url: string): HttpAddress {
  const { origin, pathname, username, password } = new URL(url);
  const base = `${origin}${pathname.replace(/\/+$/, '')}`;
  if (username === '' && password === '') return { base, headers: {} };
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { base, headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } };
}
