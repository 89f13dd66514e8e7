import assert from 'node:assert/strict';
import { posix, win32 } from 'node:path';
import { test } from 'node:test';
import { expandHome, expandHomeInArgs } from '../../../src/cli/args/home-folder.ts';
import { agentPlaces } from '../../../src/cli/setup/agent-places.ts';

test('the places in a workspace, on Windows and elsewhere; the list names them with /', () => {
  const names = {
    pathInList: './llm_chat_agent/LocalLLMStreamAgent.js',
    pathInInternalList: '../chat/llm_chat_agent/LocalLLMStreamAgent.js',
  };
  assert.deepEqual(agentPlaces('C:\\Users\\我\\my project', win32), {
    file: 'C:\\Users\\我\\my project\\.ai_helper\\agent\\chat\\llm_chat_agent\\LocalLLMStreamAgent.js',
    list: 'C:\\Users\\我\\my project\\.ai_helper\\agent\\chat\\agents.json',
    internalList: 'C:\\Users\\我\\my project\\.ai_helper\\agent\\internal_chat\\agents.json',
    ...names,
  });
  assert.deepEqual(
    agentPlaces('\\\\server\\share\\project', win32).list,
    '\\\\server\\share\\project\\.ai_helper\\agent\\chat\\agents.json',
  );
  assert.deepEqual(agentPlaces('/home/me/project', posix), {
    file: '/home/me/project/.ai_helper/agent/chat/llm_chat_agent/LocalLLMStreamAgent.js',
    list: '/home/me/project/.ai_helper/agent/chat/agents.json',
    internalList: '/home/me/project/.ai_helper/agent/internal_chat/agents.json',
    ...names,
  });
});

test('the paths in the lists lead to the file', () => {
  for (const [workspace, path] of [
    ['C:\\project', win32],
    ['/project', posix],
  ] as const) {
    const { file, list, internalList, pathInList, pathInInternalList } = agentPlaces(
      workspace,
      path,
    );
    assert.equal(path.join(path.dirname(list), pathInList), file);
    assert.equal(path.join(path.dirname(internalList), pathInInternalList), file);
  }
});

test('~ is the home folder at the beginning of a path, with / and with \\', () => {
  const home = 'C:\\Users\\me$1';
  assert.equal(expandHome('~\\my-project', home), `${home}\\my-project`);
  assert.equal(expandHome('~/my-project', home), `${home}/my-project`);
  assert.equal(expandHome('~', home), home);
  for (const path of ['~other/x', 'a~', './~', 'C:\\PROGRA~1'])
    assert.equal(expandHome(path, home), path);
  assert.deepEqual(expandHomeInArgs(['~/a', '--to=~\\b', '--name', 'c', '--to=x~/d'], '/h'), [
    '/h/a',
    '--to=/h\\b',
    '--name',
    'c',
    '--to=x~/d',
  ]);
});
