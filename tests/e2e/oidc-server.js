// A real issuer of OpenID Connect (npm's oidc-provider), for one test run: `node oidc-server.js`. It prints its address and
// ends with its standard input.
//
//   GET  /__test                              how often each endpoint was asked
//   POST /__test {person, redirect_uris, rotate, claims_in}
//        person:        who signs in next: {sub, email, email_verified, name, groups}
//        redirect_uris: where the client `gateway` may be sent back to
//        rotate:        another signing key, the old one gone
//        claims_in:     "id_token" or "userinfo"
import { createServer } from "node:http";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import Provider from "oidc-provider";

// Only the address goes to the standard output.
console.info = console.error;

const SECRET = "the-gateway's-client-secret";
const state = { person: null, redirect_uris: [], claims_in: "id_token" };
const people = new Map();
const asked = {};
let keys = [];
let issuer;
let provider;

function rotate() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  keys = [{ ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" }];
}

function renew() {
  provider = new Provider(issuer, {
    clients: [
      { client_id: "gateway", client_secret: SECRET, redirect_uris: state.redirect_uris },
      {
        client_id: "public",
        token_endpoint_auth_method: "none",
        redirect_uris: state.redirect_uris,
      },
    ],
    jwks: { keys },
    cookies: { keys: ["only-for-tests"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
    scopes: ["openid", "profile", "email", "groups"],
    conformIdTokenClaims: state.claims_in === "userinfo",
    pkce: { required: () => true },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }),
    // Nobody is asked what the gateway may know.
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope("openid profile email groups");
      await grant.save();
      return grant;
    },
    renderError: (ctx, out) => {
      ctx.body = `${out.error}: ${out.error_description}`;
    },
  });
}

async function interaction(request, response) {
  if (request.method === "GET") {
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>Issuer</title><h1>Issuer</h1>
      <form method="post"><button>Continue</button> <button name="cancel" value="1">Cancel</button></form>`);
    return;
  }
  const cancelled = (await text(request)).includes("cancel");
  if (state.person) people.set(state.person.sub, state.person);
  const result = cancelled || !state.person
    ? { error: "access_denied", error_description: "a secret of the issuer's" }
    : { login: { accountId: state.person.sub, remember: false } };
  await provider.interactionFinished(request, response, result);
}

async function text(request) {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

async function control(request, response) {
  if (request.method === "POST") {
    const { rotate: again, ...change } = JSON.parse(await text(request));
    Object.assign(state, change);
    if (again) rotate();
    renew();
  }
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ asked }));
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, issuer);
  asked[pathname] = (asked[pathname] ?? 0) + 1;
  const answer = pathname === "/__test"
    ? control(request, response)
    : pathname.startsWith("/interaction/")
      ? interaction(request, response)
      : provider.callback()(request, response);
  Promise.resolve(answer).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
});
server.listen(0, "127.0.0.1", () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  rotate();
  renew();
  console.log(issuer);
});
process.stdin.resume().on("end", () => process.exit());
