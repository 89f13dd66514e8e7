import { fieldsOf } from '../../client/json.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { wordsOf } from '../exchange/in-words.ts';
import { createMatcher, ReplayMiss } from '../match/match.ts';
import { describeNoName } from '../match/miss.ts';
import type { Incoming } from '../match/request.ts';
import { type BaseURLChoice, readBaseURL } from '../play/base-url.ts';
import { createPlayer } from '../play/player.ts';
import { createSourceMatcher, type OpenSource, type ReplayOptions } from '../play/replay-fetch.ts';
import { errorResponse } from './http.ts';
import { answerPage } from './page/page.ts';

/** What answers the requests to one base URL. */
interface Place {
  /** The exchanges of the folder that is chosen, or that holds the one that is chosen. */
  readonly inside: readonly Exchange[];
  readonly play: ReturnType<typeof createPlayer>;
  /** Answers a client that looks for the models: it has not sent the request yet that a fault is meant for. */
  readonly playListing: ReturnType<typeof createPlayer>;
}

type Tell = (request: string, answer: string) => void;

/** Answers the requests that come to a replay server, and counts what was missed and what nobody asked for. */
export class ReplayAnswers {
  /** The requests that no exchange answered, each with the nearest one. */
  readonly misses: string[] = [];
  readonly #source: OpenSource;
  readonly #options: ReplayOptions;
  readonly #tell: Tell;
  readonly #names: readonly string[];
  readonly #asked = new Set<string>();
  readonly #places = new Map<string, Place>();

  constructor(source: OpenSource, options: ReplayOptions, tell: Tell) {
    this.#source = source;
    this.#options = options;
    this.#tell = tell;
    this.#names = source.exchanges.map((it) => it.name);
  }

  unused(): readonly string[] {
    return this.#names.filter((name) => !this.#asked.has(name));
  }

  async answer(request: Incoming): Promise<Response> {
    const { method, path } = request;
    const { exchanges } = this.#source;
    const tell = (answer: string) => this.#tell(`${method} ${path}`, answer);
    const isListing = method === 'GET' && path.endsWith('/models');
    try {
      const isRecorded = exchanges.some((it) => it.request.path === path);
      const page = isRecorded ? undefined : await answerPage(request, exchanges);
      if (page) return page;
      const choice = isRecorded
        ? { name: '', chosenBy: '', options: {}, path }
        : readBaseURL(path, this.#names);
      const { inside, play, playListing } = this.#placeOf(choice);
      const asked = { ...request, path: choice.path };
      const onFound = (name: string) => {
        this.#asked.add(name);
        tell(name);
      };
      if (!isListing) return await play(asked, onFound);
      const isMade =
        choice.path === '/v1/models' && !inside.some((it) => it.request.path === choice.path);
      if (!isMade) return await playListing(asked, onFound);
      tell('made from the recorded requests');
      return Response.json(modelsOf(inside));
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

  #placeOf({ name, chosenBy, options }: BaseURLChoice): Place {
    const known = this.#places.get(chosenBy);
    if (known) return known;
    const { exchanges, isSequence } = this.#source;
    const one = exchanges.find((it) => it.name === name);
    const folder = one ? name.replace(/[^/]*$/, '') : name && `${name}/`;
    const inside = exchanges.filter((it) => it.name.startsWith(folder));
    if (inside.length === 0) throw new ReplayMiss(describeNoName(name, this.#names));
    const source = one
      ? { exchanges: [one], isSequence: true }
      : { exchanges: inside, isSequence: isSequence && name === '' };
    const isListing = one?.request.path.endsWith('/models') === true;
    const matcher = createSourceMatcher(source, this.#options);
    const listings = createMatcher(isListing ? [one] : inside, this.#options);
    const place = {
      inside,
      play: createPlayer(matcher, { ...this.#options, ...options }),
      playListing: createPlayer(listings, {}),
    };
    this.#places.set(chosenBy, place);
    return place;
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
