/**
 * Loaded before a snippet: a page names LM Studio's address, and its requests go to a replay server instead. The nth
 * request is answered by the nth of the exchanges that the environment names.
 */
const { REPLAY_SERVER = '', EXCHANGES = '' } = process.env;
const exchanges = EXCHANGES.split(' ');
const { fetch } = globalThis;

globalThis.fetch = (url, init) => {
  const { pathname } = new URL(url);
  if (!String(url).startsWith('http://127.0.0.1:1234/')) return fetch(url, init);
  return fetch(`${REPLAY_SERVER}/${exchanges.shift()}${pathname}`, init);
};
