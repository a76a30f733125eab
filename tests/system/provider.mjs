// A certified OpenID Connect provider (npm's oidc-provider) that takes any login: `node provider.mjs PORT CALLBACK`.
// The e-mail address of a person whose name begins with "unproved" is not verified.
import Provider from "oidc-provider";

const [port, callback] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: "scriptorium", client_secret: "a secret of both", redirect_uris: [callback] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
  findAccount: (_context, sub) => ({
    accountId: sub,
    claims: () => ({
      sub,
      email: `${sub}@example.org`,
      email_verified: !sub.startsWith("unproved"),
      name: `${sub[0].toUpperCase()}${sub.slice(1)} Example`,
      preferred_username: sub,
    }),
  }),
});
provider.listen(Number(port), "127.0.0.1");
