export function CodeTables() { return null; }
