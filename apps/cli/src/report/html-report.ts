// The report as one page that needs nothing else: no network, and by its own policy nothing but the two scripts and
// two style sheets that stand in it. What was written by others is in there as JSON alone, and shown as text.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Figures } from './figures.ts';

export type PageContent = { figures: Figures; madeAt: string; selection: string };

/** How many stretches of time a plot shows. */
export const pageBuckets = 240;

export async function htmlReport(content: PageContent): Promise<string> {
  const part = (name: string) => readFile(fileURLToPath(import.meta.resolve(name)), 'utf8');
  const styles = [await part('uplot/dist/uPlot.min.css'), await part('./page/report-page.css')];
  const scripts = [await part('uplot/dist/uPlot.iife.min.js'), await part('./page/report-page.js')];
  const policy = [
    `default-src 'none'`,
    `style-src ${styles.map(hashOf).join(' ')}`,
    `script-src ${scripts.map(hashOf).join(' ')}`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Orders</title>
${styles.map((style) => `<style>${style}</style>`).join('\n')}
</head>
<body>
<noscript>The plots and tables of this page are drawn by the script in it.</noscript>
<main></main>
<script type="application/json" id="content">${inScript(content)}</script>
${scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
}

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** JSON in which no end of a script, and no beginning of a comment, can stand. */
const inScript = (content: PageContent): string => JSON.stringify(content).replaceAll('<', '\\u003c');
