import { ConfigError, type Environment, readConfig } from '@orders/config/read-config';
import { type TString, Type } from 'typebox';
import { UnusableInputError } from './failures.ts';

export type Setting = { variable: string; option: string; schema: TString; meaning: string };

export const httpSetting = (variable: string, option: string, fallback: string): Setting => ({
  variable,
  option,
  schema: Type.String({ pattern: '^https?://[^/?#\\s]+[^?#\\s]*$', default: fallback }),
  meaning: `a base URL such as ${fallback}`,
});

/** What stands on the command line, else in the environment, else the default. Throws {@link UnusableInputError}. */
export function settingOf(setting: Setting, given: string | undefined, env: Environment): string {
  const { variable, option, schema, meaning } = setting;
  try {
    const config = readConfig(Type.Object({ [variable]: schema }), given === undefined ? env : { [variable]: given });
    return String(config[variable]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [name, value] = given === undefined ? [variable, env[variable]] : [option, given];
    throw new UnusableInputError(`${name} has to be ${meaning}, and is "${value}"`);
  }
}

export const apiSetting = httpSetting('ORDERS_API', '--api', 'http://localhost:8000');
