// A real OpenID provider for tests: panva's oidc-provider over its in-memory store. Whoever comes is signed in as the
// login_hint says, where a person would type it; everything else is the library's.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const module = (...path) => import(pathToFileURL(join(process.env.OIDC_PROVIDER, 'node_modules', ...path)));
const { Provider } = await module('oidc-provider', 'lib', 'index.js');
const { SignJWT, decodeJwt, exportJWK, generateKeyPair } = await module('jose', 'dist', 'webapi', 'index.js');

const people = JSON.parse(process.env.PEOPLE);
const port = Number(process.env.PORT);
const issuer = `http://127.0.0.1:${port}`;
// Its own keys, so that what it says of some people can be twisted and is truly signed all the same.
const { privateKey } = await generateKeyPair('RS256', { extractable: true });
const key = { ...(await exportJWK(privateKey)), kid: 'only-for-tests', alg: 'RS256', use: 'sig' };
const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  clients: [{
    client_id: 'wattle', application_type: 'native', token_endpoint_auth_method: 'none',
    redirect_uris: ['http://127.0.0.1/'], grant_types: ['authorization_code'], response_types: ['code'],
  }],
  claims: { email: ['email', 'email_verified'], profile: ['preferred_username'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ['only for tests'] },
  findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
});
// Somebody with a "twist" gets an id token whose claims are moved: times by seconds from now, all else as it stands.
provider.use(async (ctx, next) => {
  await next();
  const claims = ctx.path === '/token' && ctx.body?.id_token ? decodeJwt(ctx.body.id_token) : {};
  const twist = people[claims.sub]?.twist;
  if (!twist) return;
  for (const [name, value] of Object.entries(twist)) {
    if (value === null) delete claims[name];
    else claims[name] = ['auth_time', 'exp', 'iat', 'nbf'].includes(name) ? Math.floor(Date.now() / 1000) + value : value;
  }
  const { privateKey: stranger } = await generateKeyPair('RS256');
  ctx.body.id_token = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: key.kid })
    .sign(twist.key === 'another' ? stranger : privateKey);
});
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { prompt, params, grantId, session } = await provider.interactionDetails(ctx.req, ctx.res);
  let result;
  if (prompt.name === 'login') {
    result = people[params.login_hint]
      ? { login: { accountId: params.login_hint } }
      : { error: 'access_denied', error_description: 'nobody of that name' };
  } else {
    const grant = grantId
      ? await provider.Grant.find(grantId)
      : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope('openid email profile');
    result = { consent: { grantId: await grant.save() } };
  }
  return provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
});
const server = provider.listen(port, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
