// Blind signatures for ballots: RSABSSA-SHA384-PSSZERO-Deterministic (RFC 9474), the client's side.
//
// The two modular steps are BigInt's; digests, the last verification and Ed25519 are WebCrypto's.
// A message is blinded, signed blind by whoever knows the rater, and unblinded: the signer can never
// recognise it again. BigInt takes no constant time; what it works on is the rater's own, on their own device.

const PSS = { name: "RSA-PSS", hash: "SHA-384" };
const HASH_LENGTH = 48;
// PKCS #8 around the 32 bytes of an Ed25519 private key (RFC 8410).
const PKCS8_ED25519 = fromHex("302e020100300506032b657004220420");

/** An issuer's public key out of its SPKI: { n, e, length, verifier }. */
export async function issuerKey(spki) {
  const verifier = await crypto.subtle.importKey("spki", spki, PSS, true, ["verify"]);
  const { n, e } = await crypto.subtle.exportKey("jwk", verifier);
  const modulus = fromBase64url(n);
  return { n: toInteger(modulus), e: toInteger(fromBase64url(e)), length: modulus.length, verifier };
}

/** { blinded, inverse } of a message, both as bytes. Blinding factor and salt are given by tests only. */
export async function blind({ n, e, length }, message, factor = null, salt = new Uint8Array(0)) {
  const encoded = toInteger(await encodePss(message, bitLength(n) - 1, salt));
  for (;;) {
    const r = factor ?? randomBelow(n);
    const inverse = inverseOf(r, n);
    // No inverse would mean a factor of n has been found: as likely as guessing the key.
    if (inverse === null) continue;
    return { blinded: toBytes((encoded * power(r, e, n)) % n, length), inverse: toBytes(inverse, length) };
  }
}

/** The signature out of a blind one. Throws unless it is the issuer's on this very message. */
export async function finalize(key, message, blindSignature, inverse, saltLength = 0) {
  if (blindSignature.length !== key.length) throw new Error("blind.length");
  const signature = toBytes((toInteger(blindSignature) * toInteger(inverse)) % key.n, key.length);
  if (!(await verify(key, message, signature, saltLength))) throw new Error("blind.signature");
  return signature;
}

/** Whether an issuer signed the message. */
export function verify(key, message, signature, saltLength = 0) {
  return crypto.subtle.verify({ name: "RSA-PSS", saltLength }, key.verifier, signature, message);
}

/** EMSA-PSS-ENCODE (RFC 8017, 9.1.1) with SHA-384 and MGF1. */
export async function encodePss(message, bits, salt = new Uint8Array(0)) {
  const length = Math.ceil(bits / 8);
  const digest = await sha384(concat(new Uint8Array(8), await sha384(message), salt));
  const block = new Uint8Array(length - HASH_LENGTH - 1);
  block[block.length - salt.length - 1] = 1;
  block.set(salt, block.length - salt.length);
  for (let counter = 0; counter * HASH_LENGTH < block.length; counter += 1) {
    const mask = await sha384(concat(digest, Uint8Array.of(0, 0, 0, counter)));
    const start = counter * HASH_LENGTH;
    for (let i = 0; i < HASH_LENGTH && start + i < block.length; i += 1) block[start + i] ^= mask[i];
  }
  block[0] &= 0xff >> (8 * length - bits);
  return concat(block, digest, Uint8Array.of(0xbc));
}

/** An Ed25519 private key out of its 32 bytes; they cannot be read out of it again unless `extractable`. */
export function signingKey(bytes, extractable = false) {
  return crypto.subtle.importKey("pkcs8", concat(PKCS8_ED25519, bytes), "Ed25519", extractable, ["sign"]);
}

/** base^exponent mod n, for a small public exponent. */
function power(base, exponent, n) {
  let result = 1n;
  for (let square = base % n; exponent > 0n; exponent >>= 1n, square = (square * square) % n) {
    if (exponent & 1n) result = (result * square) % n;
  }
  return result;
}

/** The inverse of r mod n by Euclid's extended algorithm, or null. */
function inverseOf(r, n) {
  let [a, b, x, y] = [r, n, 1n, 0n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return a === 1n ? ((x % n) + n) % n : null;
}

/** Uniform in 1 … n - 1, by rejection. */
function randomBelow(n) {
  const bits = bitLength(n);
  const bytes = new Uint8Array(Math.ceil(bits / 8));
  for (;;) {
    crypto.getRandomValues(bytes);
    bytes[0] &= 0xff >> (8 * bytes.length - bits);
    const drawn = toInteger(bytes);
    if (drawn > 0n && drawn < n) return drawn;
  }
}

async function sha384(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-384", bytes));
}

const bitLength = (n) => n.toString(2).length;
export const toInteger = (bytes) => BigInt("0x" + toHex(bytes));
const toBytes = (integer, length) => fromHex(integer.toString(16).padStart(2 * length, "0"));
export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));
export const fromBase64 = (typed) => Uint8Array.from(atob(typed), (char) => char.charCodeAt(0));

export const toBase64url = (bytes) =>
  toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Also reads ordinary base64. */
export const fromBase64url = (text) => fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
