// Whether this browser can do what a ballot needs: null, or why not ("secure" or "crypto").

export async function lacking() {
  if (!globalThis.isSecureContext) return "secure";
  try {
    const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    const signature = await crypto.subtle.sign("Ed25519", pair.privateKey, new Uint8Array(1));
    return (await crypto.subtle.verify("Ed25519", pair.publicKey, signature, new Uint8Array(1))) ? null : "crypto";
  } catch {
    return "crypto";
  }
}
