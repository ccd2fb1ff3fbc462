// From the findings of the schema validator to what a client can use: one entry per field, in plain English, however
// many rules of the schema the field broke.
import type { FastifySchemaValidationError } from 'fastify';
import { fieldRules, isRuled, type RuledField } from './schemas/field-rules.ts';

export type Violation = FastifySchemaValidationError;
export type FieldError = { field: string; message: string };
export type RequestPart = 'body' | 'querystring' | 'headers' | 'params';

/** The message of each violated field. */
export type FieldErrors = Map<string, string>;

// A body full of unknown fields must not make the answer many times as large as the request.
const fieldErrorsMax = 100;

const nouns = { body: 'Attribute', querystring: 'Parameter', headers: 'Header', params: 'Parameter' } as const;

/** What each field must be; a route whose names mean something else has rules of its own. */
export type FieldRules = Readonly<Record<string, string>>;

export function fieldErrors(
  violations: readonly Violation[],
  part: RequestPart,
  rules: FieldRules = fieldRules,
): FieldErrors {
  const errors: FieldErrors = new Map();
  for (const violation of violations) {
    const [field, message] = describe(violation, part, rules);
    if (!errors.has(field)) errors.set(field, message);
  }
  return errors;
}

export const breaksRule = (part: RequestPart, field: RuledField): string => brokenRule(part, field, fieldRules[field]);

export const brokenRule = (part: RequestPart, field: string, rule: string): string =>
  `${nouns[part]} \`${field}\` ${rule}`;

/** At most 100 entries, in the order of the contract, unknown fields last. */
export function listFieldErrors(errors: FieldErrors): FieldError[] {
  return Array.from(errors, ([field, message]) => ({ field, message }))
    .toSorted((a, b) => rank(a.field) - rank(b.field))
    .slice(0, fieldErrorsMax);
}

function describe(
  { keyword, params, instancePath }: Violation,
  part: RequestPart,
  rules: FieldRules,
): [field: string, message: string] {
  const noun = nouns[part];
  if (keyword === 'required') {
    const field = String(params.missingProperty);
    return [field, `${noun} \`${field}\` is required`];
  }
  if (keyword === 'additionalProperties') {
    const field = String(params.additionalProperty);
    return [field, `${noun} \`${field}\` is not known`];
  }
  const [, name] = instancePath.split('/');
  if (name === undefined) return [part, 'The body must be a JSON object'];
  const field = part === 'headers' ? canonicalHeaderName(name) : name;
  return [field, brokenRule(part, field, (Object.hasOwn(rules, field) ? rules[field] : undefined) ?? 'is not valid')];
}

const ruledFields = Object.keys(fieldRules);
const rank = (field: string): number => (isRuled(field) ? ruledFields.indexOf(field) : ruledFields.length);

const canonicalHeaderName = (name: string): string => name.replace(/(^|-)[a-z]/g, (initial) => initial.toUpperCase());
