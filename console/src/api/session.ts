// Who is signed in, how far, and what is allowed. The engine decides; this only saves people from buttons that would refuse them.
import { useSyncExternalStore } from "react";
import { makePasskey, showPasskey } from "./passkey";
import { get, onSignedOut, post, Problem, setSessionToken } from "./http";

export type Right =
  | "look"
  | "masked"
  | "reveal"
  | "steer"
  | "resend"
  | "edit"
  | "delete"
  | "propose"
  | "approve"
  | "apply"
  | "audit"
  | "people"
  | "secrets"
  | "backup"
  | "stop"
  | "break-glass";

export interface Grant {
  role: string;
  interfaces?: string[];
  facilities?: string[];
  until?: number | null;
}

export interface Me {
  name: string;
  title: string;
  stage: "factor" | "enroll" | "full";
  rights: Right[];
  grants: Grant[];
  factors: string[];
  recovery_left: number;
  token: string;
  glass_until: number | null;
}

export interface SignedIn {
  name: string;
  stage: Me["stage"];
  token: string;
  factors: string[];
}

export interface Session {
  state: "asking" | "out" | "in";
  me: Me | undefined;
  /** The engine has no users yet: whoever reaches it is its owner. */
  isOpen: boolean;
}

let session: Session = { state: "asking", me: undefined, isOpen: false };
const watchers = new Set<() => void>();

function tell(next: Session): void {
  session = next;
  for (const watcher of watchers) watcher();
}

/** Asks who is signed in; after every step of signing in, and after breaking the glass. */
export async function askWho(): Promise<void> {
  try {
    const me = await get<Me>("/api/v1/me");
    setSessionToken(me.token);
    tell({ state: "in", me, isOpen: false });
  } catch (error) {
    if (error instanceof Problem && error.isMissing) tell({ state: "in", me: undefined, isOpen: true });
    else if (error instanceof Problem && error.status === 401) tell({ state: "out", me: undefined, isOpen: false });
    else {
      // No answer: the screens say so, and ask again.
      tell({ ...session, state: session.state === "asking" ? "in" : session.state, isOpen: session.me === undefined });
    }
  }
}

onSignedOut(() => {
  if (session.state === "in") tell({ state: "out", me: undefined, isOpen: false });
});

async function step(path: string, body: unknown): Promise<SignedIn> {
  const answer = await post<SignedIn>(path, body);
  setSessionToken(answer.token);
  await askWho();
  return answer;
}

export const signIn = (name: string, password: string) => step("/api/v1/sign-in", { name, password });
export const signInWithToken = (body: { token: string; name: string; title: string; password: string }) => step("/api/v1/sign-in/token", body);
export const signInWithCode = (code: string) => step("/api/v1/sign-in/code", { code });
export const signInWithPasskey = async () => step("/api/v1/sign-in/passkey", await showPasskey());

/** Makes a passkey as the second factor; gives recovery codes where there were none. */
export async function enrollPasskey(title: string): Promise<string[]> {
  const answer = await makePasskey(title);
  if (answer.token) setSessionToken(answer.token);
  return answer.recovery ?? [];
}

export const beginCodes = () => post<{ secret: string; address: string; picture: string }>("/api/v1/me/totp");

/** Gives recovery codes; the session is complete, and `askWho` is left to whoever has shown them. */
export async function confirmCodes(code: string): Promise<string[]> {
  const answer = await post<{ recovery: string[]; token: string }>("/api/v1/me/totp/confirm", { code });
  if (answer.token) setSessionToken(answer.token);
  return answer.recovery;
}

export async function signOut(): Promise<void> {
  try {
    await post("/api/v1/sign-out");
  } finally {
    // Also where the engine gives no answer: nothing that it showed stays on the page.
    setSessionToken("");
    tell({ state: "out", me: undefined, isOpen: false });
  }
}

export async function breakGlass(reason: string): Promise<void> {
  await post("/api/v1/me/glass", { reason });
  await askWho();
}

export function useSession(): Session {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => session,
  );
}

/** May the person do this somewhere? */
export function useMay(): (right: Right) => boolean {
  const { me, isOpen } = useSession();
  return (right) => isOpen || (me?.rights.includes(right) ?? false);
}
