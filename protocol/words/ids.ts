/**
 * Names of things. Each is a string at run time and a brand of its own to TypeScript; the constructors refuse a bad
 * spelling with the value and the rule.
 */
declare const brand: unique symbol
type Brand<Name extends string> = string & { readonly [brand]: Name }

export type TenantId = Brand<'tenant'>
export type SiteId = Brand<'site'>
export type AssetName = Brand<'asset'>
/** Whose key signed: `node-a`, `gateway`, `operator`, `administrator`, a person's name. Resolved by the manifest in force. */
export type KeyId = Brand<'key'>
export type CommandId = Brand<'command'>
/** SHA-256, lower-case hex. */
export type Digest = Brand<'digest'>
/** Ed25519, base64url. */
export type Signature = Brand<'signature'>
/** Raw Ed25519 public key, base64url. */
export type PublicKey = Brand<'publicKey'>

/** What every object answers to is nobody's name: whoever looks one up would find what was never there. */
const OWN = `(?!(?:${[...Object.getOwnPropertyNames(Object.prototype)].join('|')})$)`
export const SLUG = `^${OWN}[a-z][a-z0-9-]{0,62}$`
export const NAME = `^${OWN}[a-z][a-zA-Z0-9]{0,62}$`
export const HEX256 = '^[0-9a-f]{64}$'
export const BASE64URL = '^[A-Za-z0-9_-]+$'
export const COMMAND = `^${OWN}[A-Za-z0-9_-]{8,64}$`

const checked =
  <T extends string>(what: string, pattern: string, rule: string) =>
  (text: string): T => {
    if (!new RegExp(pattern).test(text)) throw new TypeError(`'${text}' is no ${what}: ${rule}`)
    return text as T
  }

const SLUG_RULE = 'a lower-case letter, then lower-case letters, digits and dashes, at most 63'
export const tenantId = checked<TenantId>('tenant id', SLUG, SLUG_RULE)
export const siteId = checked<SiteId>('site id', SLUG, SLUG_RULE)
export const keyId = checked<KeyId>('key id', SLUG, SLUG_RULE)
export const assetName = checked<AssetName>(
  'asset name',
  NAME,
  'a lower-case letter, then letters and digits, at most 63',
)
export const commandId = checked<CommandId>('command id', COMMAND, '8 to 64 letters, digits, dashes and underscores')
