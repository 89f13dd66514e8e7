/**
 * The smallest program that streams one reply with one client and adds up its text.
 * @param fetch - gives the reply; no network is used
 * @param onText - is called with each piece of text, as soon as the program has it
 * @returns the whole text
 */
export type Program = (fetch: Fetch, onText?: (text: string) => void) => Promise<string>;

/** A `fetch` that every client takes. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export const baseURL = 'http://127.0.0.1:1234/v1';
export const model = 'local-model';
export const messages = [{ role: 'user' as const, content: 'Hello' }];
