// Addresses of screens that others link to. Pure.

/** An address of the message screen. */
export const messagesAt = (query: string): string => (query ? `/messages#q=${encodeURIComponent(query)}` : "/messages");
export const mapAt = (name: string, file: string, message?: number): string => `/mapper/${encodeURIComponent(name)}#file=${encodeURIComponent(file)}${message ? `&message=${message}` : ""}`;
export const interfaceAt = (name: string, tab = ""): string => `/interfaces/${encodeURIComponent(name)}${tab ? `#tab=${tab}` : ""}`;
export const benchAt = (name: string, message?: number): string => `/bench#interface=${encodeURIComponent(name)}${message ? `&message=${message}` : ""}`;
