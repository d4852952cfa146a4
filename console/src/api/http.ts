// One door to the engine: requests, their errors, and what a session needs. No other file calls `fetch`.

/** The engine says that it has no such place. */
const NO_SUCH_PLACE = "E7063";

/** An answer that is no success, in the words of the engine. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    title: string,
  ) {
    super(title);
  }
  /** The engine has no such route: an older one, or one that is not made yet. */
  get isMissing(): boolean {
    return (this.status === 404 && (this.code === "" || this.code === NO_SUCH_PLACE)) || this.status === 405 || this.status === 501;
  }
}

let token = "";
let whenSignedOut: () => void = () => {};

/** The token of the session that acts carry, so that no other page can act for a person. */
export function setSessionToken(value: string): void {
  token = value;
}

export function onSignedOut(act: () => void): void {
  whenSignedOut = act;
}

async function problemOf(answer: Response): Promise<Problem> {
  const isDocument = answer.headers.get("content-type")?.includes("problem+json") ?? false;
  if (!isDocument) return new Problem(answer.status, "", wordsOf(answer.status));
  const body = (await answer.json()) as { code?: string; title?: string; detail?: string };
  const title = [body.title, body.detail].filter(Boolean).join(": ");
  return new Problem(answer.status, body.code ?? "", title || wordsOf(answer.status));
}

function wordsOf(status: number): string {
  if (status === 401) return "You are not signed in.";
  if (status === 403) return "Your role does not allow this.";
  if (status === 404 || status === 405) return "This engine does not offer it.";
  if (status === 429) return "Too many requests; try again in a moment.";
  return `The engine answered ${status}.`;
}

async function send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && token) headers["x-sinew-token"] = token;
  let answer: Response;
  try {
    answer = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "", "The engine cannot be reached.");
  }
  if (answer.status === 401 && !path.startsWith("/api/v1/sign-in")) whenSignedOut();
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

type Words = Record<string, string | number | undefined>;

export function withWords(path: string, words: Words = {}): string {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(words)) if (value !== undefined) found.set(name, String(value));
  const text = found.toString();
  return text ? `${path}?${text}` : path;
}

export async function get<T>(path: string, words?: Words, signal?: AbortSignal): Promise<T> {
  const answer = await send("GET", withWords(path, words), undefined, signal);
  return (await answer.json()) as T;
}

export async function getText(path: string, words?: Words, signal?: AbortSignal): Promise<string> {
  const answer = await send("GET", withWords(path, words), undefined, signal);
  return await answer.text();
}

export async function postText(path: string, body: unknown, signal?: AbortSignal): Promise<string> {
  const answer = await send("POST", path, body, signal);
  return await answer.text();
}

/** An answer of lines of JSON, each told as it comes, until it ends or the signal stops it. */
export async function postLines(path: string, body: unknown, onLine: (line: unknown) => void, signal: AbortSignal): Promise<void> {
  const answer = await send("POST", path, body, signal);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : (lines.pop() ?? "");
    for (const line of lines) if (line) onLine(JSON.parse(line));
    if (done) return;
  }
}

export async function change<T>(method: "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
  const answer = await send(method, path, body);
  return (await answer.json()) as T;
}

export async function post<T>(path: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
  const answer = await send("POST", path, body, signal);
  return (await answer.json()) as T;
}
