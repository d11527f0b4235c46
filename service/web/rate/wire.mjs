// What the pages say to the service: docs/rating.md. No cookie goes along, and no token unless it is given.

/** A rule said no; `code` is stable, the messages are the service's. */
export class Refused extends Error {
  constructor({ code, messageZh, messageEn }) {
    super(code);
    Object.assign(this, { code, messageZh: messageZh ?? messageEn, messageEn });
  }
}

/** No answer, or one that is none of the service's. */
export class Away extends Error {}

const QUIET = { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" };

async function answered(address, options) {
  let response;
  try {
    response = await fetch(address, { ...QUIET, ...options });
  } catch {
    throw new Away("no connection");
  }
  const body = await response.text();
  let said;
  try {
    said = JSON.parse(body);
  } catch {
    throw new Away(`status ${response.status}`);
  }
  if (said.refused?.code === "UNAVAILABLE") throw new Away("the database is away");
  if (said.refused) throw new Refused(said.refused);
  if (!response.ok && !said.errors) throw new Away(`status ${response.status}`);
  return [said, body];
}

const posted = (body, headers = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

export const state = async (box) => (await answered(`/rate/${box}/state.json`))[0];
export const keys = async (box) => (await answered(`/rate/${box}/keys.json`))[0];
export const bundles = async (box) => (await answered(`/rate/${box}/bundles.json`))[0].bundles;
export const collect = async (box, request) => (await answered(`/rate/${box}/collect`, posted(request)))[0].signatures;
export const cast = async (box, ballot) => (await answered(`/rate/${box}/cast`, posted(ballot)))[0].cast;

/** The sealed box, and the very text that came, which is the proof. */
export async function sealed(box) {
  const [said, body] = await answered(`/rate/${box}/sealed.json`);
  return { ...said, body };
}

/** The data of a GraphQL answer, asked with a staff member's token. */
export async function graphql(token, query, variables = {}) {
  const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
  const [said] = await answered("/graphql", posted({ query, variables }, headers));
  if (said.errors) {
    const { message, extensions } = said.errors[0];
    throw new Refused({ code: extensions?.code ?? "INTERNAL", messageZh: message, messageEn: message });
  }
  for (const answer of Object.values(said.data)) {
    if (answer?.__typename === "Refused") throw new Refused(answer);
  }
  return said.data;
}

/** A file made for a staff member: a Blob. */
export async function file(token, address, request) {
  let response;
  try {
    response = await fetch(address, { ...QUIET, ...posted(request, { authorization: `Bearer ${token}` }) });
  } catch {
    throw new Away("no connection");
  }
  if (response.ok) return response.blob();
  const said = await response.json().catch(() => ({}));
  if (said.refused) throw new Refused(said.refused);
  throw new Away(`status ${response.status}`);
}
