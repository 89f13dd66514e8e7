export default {
  test: {
    setupFiles: ['local-llm-stream-agent/replay/setup'],
    include: ['setup/*.vitest.ts'],
  },
};
