/** What the library's hints say of options, in the words of a command line. */
const own: Readonly<Record<string, string>> = {
  token: "Put the server's token into LOCAL_LLM_API_KEY",
  'base-url': 'Check --base-url: it ends with /v1 in LM Studio, llama.cpp and Ollama',
  redirect: 'Set --base-url to where it leads',
  tls: 'Does the server speak https? Most local ones speak http only',
  dns: 'Check the name in --base-url; 127.0.0.1 is this machine',
  reset: "The server's log says why",
  miss: 'Ask what was recorded, or choose one exchange in the base URL: see `local-llm serve --help`',
};

/** What to do about an error, for whoever runs a command; `undefined` where nothing is known. */
export function adviceFor(error: Error): string | undefined {
  const reason = 'reason' in error ? own[String(error.reason)] : undefined;
  return reason ?? ('hint' in error && typeof error.hint === 'string' ? error.hint : undefined);
}
