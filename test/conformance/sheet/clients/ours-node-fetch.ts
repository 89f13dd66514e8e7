import { nodeFetch } from '../../../../src/node-fetch.ts';
import { ours } from './ours.ts';

/** This project over its own transport. */
export const oursOverNodeFetch = ours('this, nodeFetch', nodeFetch);
