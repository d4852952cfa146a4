export function OneInterface(_: { name: string }) { return null; }
