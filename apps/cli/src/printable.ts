// What others wrote, made fit for one line of a terminal: no line breaks, and nothing that a terminal would obey.

const textLengthMax = 300;

export const printable = (text: string): string =>
  text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, textLengthMax);

/** Columns as wide as their widest cell; the last one is not padded. */
export function textTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [titles, ...rows].map((row) => row.map(printable));
  const widths = titles.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lineOf = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return cells.map((row) => `${lineOf(row).trimEnd()}\n`).join('');
}
