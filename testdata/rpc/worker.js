// A worker of `stoke --rpc` in JavaScript that works on many requests at once:
//
//	printf '300\n100\n200\n' | stoke --rpc -- node worker.js
//
// Each item is how many milliseconds to wait. Responses come as they are due, out of order; stoke puts them in order.
// A request that stoke has no more patience for is cancelled, and answered with an error.
const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
const waiting = new Map(); // from the id of a request to what ends its wait

async function map({ item }, id) {
  const ms = Number(item);
  if (Number.isNaN(ms)) throw new Error(`${item} is no number`);
  await new Promise((done, cancel) => {
    const timer = setTimeout(done, ms);
    waiting.set(id, () => { clearTimeout(timer); cancel(new Error('cancelled')); });
  }).finally(() => waiting.delete(id));
  return `waited ${ms} ms`;
}

send({ method: 'ready', params: { concurrency: 100 } });
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'cancel') waiting.get(params.id)?.();
  if (method !== 'map') return;
  map(params, id).then((result) => send({ id, result }), (e) => send({ id, error: { code: 1, message: e.message } }));
});
