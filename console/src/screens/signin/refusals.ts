// Why a sign-in by the provider did not take place: the engine sends a word behind `#sign-in=`, and this has the sentences. What the
// provider wrote is not shown: who can send somebody here could write there what they like.

export interface Refusal {
  title: string;
  way: string;
  code: string;
}

const KNOWN: Record<string, [title: (house: string) => string, way: string, code?: string]> = {
  stale: [() => "The sign-in took too long, was used already, or began in another browser", "Begin it again, here."],
  declined: [(house) => `${house} says that the sign-in did not take place`, "Try again, or sign in with an account of this engine."],
  answer: [(house) => `What ${house} answered is not what was asked for, so nobody was signed in`, "Try again. If it stays so, tell who runs Sinew: the audit log has the reason."],
  provider: [(house) => `${house} does not answer as it should`, "Messages go on. Try again in a while, or sign in with an account of this engine.", "E7310"],
  role: [(house) => `${house} knows you, but none of your groups has a role here`, "Ask an administrator of Sinew for a role."],
  disabled: [() => "Your account is disabled here", "Ask an administrator of Sinew."],
  name: [(house) => `The name that ${house} gives you cannot be yours here`, "It has letters that no name has, or belongs to an account of this engine. Ask an administrator of Sinew."],
  busy: [() => "Too many sign-ins are under way", "Try again in some minutes.", "E7064"],
  failed: [() => "The sign-in did not work", "Try again, or sign in with an account of this engine."],
};

/** What to say for a word of the address; nothing for a word that is none of ours. */
export function refusalOf(word: string | null, house: string): Refusal | undefined {
  const known = word !== null && Object.hasOwn(KNOWN, word) ? KNOWN[word] : undefined;
  if (!known) return undefined;
  const [title, way, code = "E7311"] = known;
  return { title: title(house || "The house’s sign-in"), way, code };
}
