import { basename, resolve } from 'node:path';
import { type BenchedProcess, startBenched } from '../benched-process.ts';

type Reference = {
  /** Relative to `src`. Its first argument is the port on which it answers health checks. */
  script: string;
  port: number;
  args?: readonly string[];
  path: string | undefined;
};

/** Resolves when it serves. */
export const startReference = ({ script, port, args = [], path }: Reference): Promise<BenchedProcess> =>
  startBenched({
    name: basename(script, '.ts'),
    args: [resolve(import.meta.dirname, '..', script), String(port), ...args],
    port,
    readiness: 'http',
    env: { PATH: path },
  });
