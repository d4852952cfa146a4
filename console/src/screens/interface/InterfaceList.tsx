export function InterfaceList() { return null; }
