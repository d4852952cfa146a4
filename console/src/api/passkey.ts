// Passkeys: what the engine asks, in the shapes of the browser, and back. Bytes travel as base64url.
import { post } from "./http";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

export function textOf(bytes: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

interface Known {
  type: "public-key";
  id: string;
}

const known = (list: Known[] | undefined) => list?.map((one) => ({ ...one, id: bytesOf(one.id) }));

type Asked = Omit<PublicKeyCredentialRequestOptions, "challenge" | "allowCredentials"> & { challenge: string; allowCredentials?: Known[] };
type Wanted = Omit<PublicKeyCredentialCreationOptions, "challenge" | "user" | "excludeCredentials"> & {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: Known[];
};

/** Shows a passkey: what is to be sent. */
export async function showPasskey(): Promise<Record<string, string>> {
  const { publicKey } = await post<{ publicKey: Asked }>("/api/v1/sign-in/passkey/begin");
  const options = { ...publicKey, challenge: bytesOf(publicKey.challenge), allowCredentials: known(publicKey.allowCredentials) };
  const found = (await navigator.credentials.get({ publicKey: options })) as PublicKeyCredential | null;
  if (!found) throw new Error("no passkey was shown");
  const response = found.response as AuthenticatorAssertionResponse;
  return { id: found.id, client: textOf(response.clientDataJSON), statement: textOf(response.authenticatorData), signature: textOf(response.signature) };
}

/** Makes a passkey under this name: recovery codes where there were none, and the token of the session. */
export async function makePasskey(title: string): Promise<{ recovery: string[]; token: string }> {
  const { publicKey } = await post<{ publicKey: Wanted }>("/api/v1/me/passkeys/begin");
  const options = {
    ...publicKey,
    challenge: bytesOf(publicKey.challenge),
    user: { ...publicKey.user, id: bytesOf(publicKey.user.id) },
    excludeCredentials: known(publicKey.excludeCredentials),
  };
  const made = (await navigator.credentials.create({ publicKey: options })) as PublicKeyCredential | null;
  if (!made) throw new Error("no passkey was made");
  const response = made.response as AuthenticatorAttestationResponse;
  return await post("/api/v1/me/passkeys", { title, client: textOf(response.clientDataJSON), attestation: textOf(response.attestationObject) });
}
