export function noticesOf(root: string, files: readonly string[]): string;
