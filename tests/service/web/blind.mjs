// Our blind signatures against the vectors of RFC 9474, and both ways against npm's @cloudflare/blindrsa-ts.
// Arguments: our module, the vectors. Prints one JSON object; what fails throws.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { RSABSSA } from "@cloudflare/blindrsa-ts";

const [ours, vectors] = process.argv.slice(2);
const { blind, encodePss, finalize, fromHex, issuerKey, signingKey, toBase64url, toHex, verify } = await import(
  pathToFileURL(ours)
);
const PSS = { name: "RSA-PSS", hash: "SHA-384" };
const same = (bytes, hex, what) => assert.equal(toHex(bytes), hex, what);

async function vector(given) {
  const jwk = { kty: "RSA", n: toBase64url(fromHex(given.n)), e: toBase64url(fromHex(given.e)) };
  const imported = await crypto.subtle.importKey("jwk", jwk, PSS, true, ["verify"]);
  const key = await issuerKey(new Uint8Array(await crypto.subtle.exportKey("spki", imported)));
  const [message, salt] = [fromHex(given.msg), fromHex(given.salt)];
  // The vectors give the inverse; the factor is the inverse's inverse.
  const factor = inverse(BigInt(`0x${given.inv}`), key.n);
  same(await encodePss(message, key.n.toString(2).length - 1, salt), given.encoded_msg, "encoded");
  const made = await blind(key, message, factor, salt);
  same(made.blinded, given.blinded_msg, "blinded");
  same(made.inverse, given.inv, "inverse");
  const blindSignature = fromHex(given.blind_sig);
  same(await finalize(key, message, blindSignature, made.inverse, salt.length), given.sig, "signature");
  blindSignature[100] ^= 1;
  await assert.rejects(finalize(key, message, blindSignature, made.inverse, salt.length), /blind.signature/);
  await assert.rejects(finalize(key, message, blindSignature.slice(1), made.inverse), /blind.length/);
}

function inverse(r, n) {
  let [a, b, x, y] = [r, n, 1n, 0n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % n) + n) % n;
}

/** A message blinded by one, signed by the peer, finished by the one, verified by the other. */
async function bothWays(suite, { publicKey, privateKey }) {
  const key = await issuerKey(new Uint8Array(await crypto.subtle.exportKey("spki", publicKey)));
  const message = crypto.getRandomValues(new Uint8Array(32));

  const made = await blind(key, message);
  const signature = await finalize(key, message, await suite.blindSign(privateKey, made.blinded), made.inverse);
  assert.ok(await suite.verify(publicKey, signature, message), "the peer verifies ours");

  const theirs = await suite.blind(publicKey, message);
  const blindSignature = await suite.blindSign(privateKey, theirs.blindedMsg);
  same(await finalize(key, message, blindSignature, theirs.inv), toHex(signature), "we finish the peer's");
  same(
    await suite.finalize(publicKey, message, await suite.blindSign(privateKey, made.blinded), made.inverse),
    toHex(signature),
    "the peer finishes ours",
  );
  assert.ok(await verify(key, message, signature), "we verify the peer's");

  const other = message.slice();
  other[0] ^= 1;
  assert.ok(!(await verify(key, other, signature)), "another message");
  assert.notEqual(toHex((await blind(key, message)).blinded), toHex(made.blinded), "blinded anew each time");
}

/** RFC 8032, 7.1, test 2. */
async function ed25519() {
  const secret = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
  const key = await signingKey(fromHex(secret));
  same(
    new Uint8Array(await crypto.subtle.sign("Ed25519", key, fromHex("72"))),
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    "Ed25519",
  );
  await assert.rejects(crypto.subtle.exportKey("pkcs8", key));
}

const given = JSON.parse(readFileSync(vectors));
for (const each of given) await vector(each);
const suite = RSABSSA.SHA384.PSSZero.Deterministic();
const pair = await suite.generateKey({ modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) });
const rounds = 2; // the peer signs in half a second
for (let round = 0; round < rounds; round += 1) await bothWays(suite, pair);
await ed25519();
console.log(JSON.stringify({ vectors: given.length, rounds }));
