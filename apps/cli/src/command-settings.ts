import { ConfigError, type Environment, readConfig, type SettingHints } from '@orders/config/read-config';
import { httpAddressPattern } from '@orders/config/settings';
import { type TString, Type } from 'typebox';
import { UnusableInputError } from './failures.ts';

export type Setting = { variable: string; option: string; schema: TString; meaning: string };

const baseUrl = (example: string) => `a base URL such as ${example}`;

export const httpSetting = (variable: string, option: string, fallback: string): Setting => ({
  variable,
  option,
  schema: Type.String({ pattern: `^${httpAddressPattern}$`, default: fallback, secret: true, form: baseUrl(fallback) }),
  meaning: baseUrl(fallback),
});

/**
 * What stands on the command line, else in the environment or in the file that it names, else the default. Throws
 * {@link UnusableInputError}.
 */
export function settingOf(setting: Setting, given: string | undefined, env: Environment): string {
  const { variable, option, schema, meaning } = setting;
  try {
    const config = readConfig(Type.Object({ [variable]: schema }), given === undefined ? env : { [variable]: given });
    return String(config[variable]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [name, value] = given === undefined ? [variable, env[variable]] : [option, given];
    // Of what may hold a password, or was put into a file so as not to be seen, no value is shown.
    const { secret = false } = schema as SettingHints;
    if (!secret && value !== undefined) throw new UnusableInputError(`${name} has to be ${meaning}, and is "${value}"`);
    throw new UnusableInputError(error.message.replace(variable, name));
  }
}

export const apiSetting = httpSetting('ORDERS_API', '--api', 'http://localhost:8000');
