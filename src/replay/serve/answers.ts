import { fieldsOf } from '../../client/json.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { wordsOf } from '../exchange/in-words.ts';
import { createMatcher, createSequence, type Matcher, ReplayMiss } from '../match/match.ts';
import { describeNoName } from '../match/miss.ts';
import type { Incoming } from '../match/request.ts';
import { type BaseURLChoice, readBaseURL } from '../play/base-url.ts';
import { createPlayer } from '../play/player.ts';
import type { ReplayOptions } from '../play/replay-fetch.ts';
import { errorResponse } from './http.ts';
import { answerPage } from './page/page.ts';

/** What a name in a base URL chooses from. */
interface Scope {
  /** The one exchange of that name. */
  readonly one: Exchange | undefined;
  /** Those of its folder. */
  readonly inside: readonly Exchange[];
  /** Finds in the folder. */
  readonly all: Matcher;
  /** Finds what answers: the one, or what matches in the folder. */
  readonly matcher: Matcher;
}

type Tell = (line: { request: string; answer: string }) => void;

/** Answers the requests that come to a replay server, and counts what was missed and what nobody asked for. */
export class ReplayAnswers {
  readonly exchanges: readonly Exchange[];
  /** The requests that no exchange answered, each with the nearest one. */
  readonly misses: string[] = [];
  readonly #source: Exchange | readonly Exchange[];
  readonly #isSequence: boolean;
  readonly #options: ReplayOptions;
  readonly #tell: Tell;
  readonly #names: readonly string[];
  readonly #asked = new Set<string>();
  readonly #scopes = new Map<string, Scope>();
  readonly #players = new Map<string, ReturnType<typeof createPlayer>>();
  readonly #playWithoutFaults = createPlayer({});

  /** @param isSequence - one exchange answers after the other, whatever is asked */
  constructor(
    source: Exchange | readonly Exchange[],
    isSequence: boolean,
    options: ReplayOptions,
    tell: Tell,
  ) {
    this.exchanges = [source].flat();
    this.#source = source;
    this.#isSequence = isSequence;
    this.#options = options;
    this.#tell = tell;
    this.#names = this.exchanges.map((it) => it.name);
  }

  unused(): readonly string[] {
    return this.#names.filter((name) => !this.#asked.has(name));
  }

  async answer(request: Incoming): Promise<Response> {
    const { method, path } = request;
    const tell = (answer: string) => this.#tell({ request: `${method} ${path}`, answer });
    const isListing = method === 'GET' && path.endsWith('/models');
    try {
      const isRecorded = this.exchanges.some((it) => it.request.path === path);
      const page = isRecorded ? undefined : await answerPage(request, this.exchanges);
      if (page) return page;
      const choice = isRecorded
        ? { name: '', chosenBy: '', options: {}, path }
        : readBaseURL(path, this.#names);
      const scope = this.#scopeOf(choice.name);
      return await this.#play({ ...request, path: choice.path }, choice, scope, isListing, tell);
    } catch (error) {
      if (request.signal?.aborted) throw error;
      const words = wordsOf(error);
      tell(words);
      if (!(error instanceof ReplayMiss)) return errorResponse(statusOf(error), words);
      // A client that looks for LM Studio's own listing learns that there is none: that is no miss.
      if (!isListing) this.misses.push(words);
      return errorResponse(404, words, error.code);
    }
  }

  async #play(
    request: Incoming,
    choice: BaseURLChoice,
    { one, inside, all, matcher }: Scope,
    isListing: boolean,
    tell: (answer: string) => void,
  ): Promise<Response> {
    const isOwn = (it: Exchange | undefined) => it?.request.path === request.path;
    if (isListing && request.path === '/v1/models' && !inside.some(isOwn)) {
      tell('made from the recorded requests');
      return Response.json(modelsOf(inside));
    }
    const onFound = ({ name }: Exchange) => {
      this.#asked.add(name);
      tell(name);
    };
    if (isListing) {
      // A client that looks for the models has not sent the request yet that a fault is meant for.
      return this.#playWithoutFaults(isOwn(one) ? matcher : all, request, onFound);
    }
    const { chosenBy } = choice;
    const play =
      this.#players.get(chosenBy) ?? createPlayer({ ...this.#options, ...choice.options });
    this.#players.set(chosenBy, play);
    return play(matcher, request, onFound);
  }

  #scopeOf(name: string): Scope {
    const known = this.#scopes.get(name);
    if (known) return known;
    const only = 'readBody' in this.#source ? this.#source : undefined;
    const one = name === '' ? only : this.exchanges.find((it) => it.name === name);
    const folder = one ? one.name.replace(/[^/]*$/, '') : name && `${name}/`;
    const inside = this.exchanges.filter((it) => it.name.startsWith(folder));
    if (inside.length === 0) {
      throw new ReplayMiss(describeNoName(name, this.#names));
    }
    const all =
      this.#isSequence && name === ''
        ? createSequence(inside)
        : createMatcher(inside, this.#options);
    const scope = { one, inside, all, matcher: one ? createSequence([one]) : all };
    this.#scopes.set(name, scope);
    return scope;
  }
}

/** A request that cannot be read is the client's mistake; anything else is a broken fixture. */
const statusOf = (error: unknown): number =>
  error instanceof TypeError || error instanceof URIError ? 400 : 500;

/** The listing of the models that the recorded requests name, in OpenAI's shape. */
function modelsOf(exchanges: readonly Exchange[]): unknown {
  const named = exchanges.map(({ request }) => fieldsOf(request.body).model);
  const ids = new Set(named.filter((model) => typeof model === 'string'));
  const data = [...ids].map((id) => ({ id, object: 'model', owned_by: 'local-llm-stream-agent' }));
  return { object: 'list', data };
}
