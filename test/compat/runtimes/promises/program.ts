/** What is bundled into the one file that a runtime's program imports. */
export { runBehaviours, withFetch } from './harness.ts';
export { runAgent, runCommand, runReplay } from './node-only.ts';
