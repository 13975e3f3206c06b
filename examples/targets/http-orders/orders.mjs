// An order service over HTTP, with words of its own: an order is a basket, a
// confirmation a voucher, a checkout goes on in the background. What it verifies
// and how it redeems is jose-relay's core; what it has written down outlives it.
//
//   PORT      where it listens, on this machine
//   SERVICES  below which the services are: SERVICES/coupons/...
//   STATE     the file that it writes down everything in
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { errors } from 'jose';
import { Relay } from '../jose-relay/core.mjs';
import { Refusal } from '../jose-relay/strict.mjs';

const { PORT, SERVICES, STATE } = process.env;
const services = { coupons: 'coupons:redeem', points: 'points:redeem', payments: 'payments:capture' }; // in the order of redemption

const keys = () => Promise.all(Object.entries(services).map(async ([service, capability]) => {
  const answer = await fetch(`${SERVICES}/${service}/jwks.json`);
  return { iss: `${service}.svc`, service, capabilities: [capability], jwks: await answer.json() };
}));

// ask asks a service, and puts its answer into the relay's words.
async function ask({ action, service, session, token, attempt, facts }) {
  const path = { redeem: 'redemptions', cancel: 'reversals' }[action];
  let answer;
  try {
    answer = await fetch(`${SERVICES}/${service}/${path}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Attempt': attempt }, body: JSON.stringify({ jws: token, basket: session, facts }),
    });
  } catch {
    return { status: 'lost' };
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return { status: body.before ? 'repeated' : 'done' };
  return { status: 'refused', reason: answer.status === 409 ? body.why : 'service_unavailable' };
}

const relay = new Relay({ audience: 'order-processing', typ: 'confirmation+jwt', max_lifetime: 300, leeway: 0, issuers: await keys() }, {
  now: () => Date.now() / 1000, ask, save: (s) => appendFileSync(STATE, JSON.stringify(s) + '\n'),
});
if (existsSync(STATE)) {
  for (const line of readFileSync(STATE, 'utf8').split('\n').slice(0, -1)) {
    const s = JSON.parse(line); // the last line of a basket counts
    relay.sessions.set(s.name, s);
  }
}

const phases = { open: 'shopping', closed: 'abandoned', completed: 'paid', compensated: 'given back', stuck: 'unsettled' };
const working = new Set(); // baskets that are being redeemed
const found = (s) => ({ number: s.name, phase: working.has(s.name) ? 'working' : phases[s.state] ?? 'interrupted', why: s.reason });

// background goes on with a basket after the answer.
function background(number, work) {
  working.add(number);
  work.catch((e) => console.error(e)).finally(() => working.delete(number));
  return [202, { number }];
}

const routes = {
  'GET /health': () => [200, { up: true }],
  'POST /internal/keys': async () => { relay.trust(await keys()); return [204]; },
  'POST /v1/baskets': (_, body) => [201, { basket: found(relay.open(`B-${relay.sessions.size + 1}`, body.shopper)) }],
  'GET /v1/baskets/:': (number) => [200, { basket: found(relay.session(number)) }],
  'PATCH /v1/baskets/:': (number, body) => { relay.setFacts(number, body); return [204]; },
  'DELETE /v1/baskets/:': async (number) => { await relay.close(number); return [204]; },
  'POST /v1/baskets/:/vouchers': async (number, body) => [200, { taken: await relay.relay(number, String(body.voucher)) }],
  'POST /v1/baskets/:/checkout': (number) => { relay.openSession(number); return background(number, relay.redeem(number)); },
  'POST /v1/baskets/:/settle': (number) => { relay.session(number); return background(number, relay.resume(number)); },
};

async function answer(request) {
  const [, v1, baskets, number, more] = request.url.split('/');
  const path = number === undefined ? request.url : `/${v1}/${baskets}/:${more ? '/' + more : ''}`;
  const route = routes[`${request.method} ${path}`];
  if (!route) return [404, { problem: 'NO_SUCH_PATH' }];
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  try {
    return await route(decodeURIComponent(number ?? ''), text ? JSON.parse(text) : {});
  } catch (e) {
    if (e instanceof SyntaxError) return [400, { problem: 'NO_JSON' }];
    if (e instanceof Refusal || e instanceof errors.JOSEError) return [422, { problem: e.code, detail: e.message }];
    throw e;
  }
}

createServer(async (request, response) => {
  let status = 500, body;
  try { [status, body] = await answer(request); } catch (e) { console.error(e); }
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(body && JSON.stringify(body));
}).listen(Number(PORT), '127.0.0.1');
