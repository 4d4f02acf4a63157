/** The browser's side, bundled in memory when it is first needed: nobody builds anything, and nothing is written to disk. */
import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import { build } from 'esbuild'

export interface BundledFile {
  readonly path: string
  readonly type: string
  /** Its content names it: it may be kept for ever. */
  readonly etag: string
  readonly body: Buffer
  /** Null where it would save nothing. */
  readonly brotli: Buffer | null
}
export interface BundledEntry {
  readonly script: string
  readonly style: string | null
}
export interface Bundle {
  readonly files: ReadonlyMap<string, BundledFile>
  readonly entries: Readonly<Record<string, BundledEntry>>
  /** To be loaded before the style sheet asks for them: charts are measured with them. */
  readonly fonts: readonly string[]
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
}
const PREFIX = '/assets/'
/** Better ones take a second more at every start. */
const BROTLI_QUALITY = 6
const compress = promisify(brotliCompress)

/** `entries`: names to TypeScript files. Paths begin with `/assets/`. */
export async function bundle(entries: Readonly<Record<string, URL>>): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, url]) => [name, fileURLToPath(url)])),
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2023',
    minify: true,
    write: false,
    metafile: true,
    outdir: '/',
    absWorkingDir: '/',
    publicPath: PREFIX,
    entryNames: '[name]-[hash]',
    chunkNames: 'chunk-[hash]',
    assetNames: '[name]-[hash]',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.woff2': 'file' },
    logLevel: 'silent',
    tsconfigRaw: {},
  })
  const files = await Promise.all(
    outputFiles.map(({ path, contents }) => fileOf(path.replace(/^\//, PREFIX), contents)),
  )
  const outputs = Object.entries(metafile.outputs)
  const entryOf = (url: URL): BundledEntry => {
    const [script, about] = outputs.find(([, { entryPoint }]) => `/${entryPoint}` === fileURLToPath(url))!
    return { script: PREFIX + script, style: about.cssBundle === undefined ? null : PREFIX + about.cssBundle }
  }
  return {
    files: new Map(files.map(file => [file.path, file])),
    entries: Object.fromEntries(Object.entries(entries).map(([name, url]) => [name, entryOf(url)])),
    fonts: files.map(file => file.path).filter(path => path.endsWith('.woff2')),
  }
}

async function fileOf(path: string, contents: Uint8Array): Promise<BundledFile> {
  const body = Buffer.from(contents)
  const small = await compress(body, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } })
  return {
    path,
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    body,
    brotli: small.length < body.length * 0.9 ? small : null,
  }
}

/** No inline script or style, so that the content policy can forbid both. */
export function pageOf({ entries, fonts }: Bundle, entry: string, title: string): string {
  const { script, style } = entries[entry]!
  const preloads = fonts.map(path => `<link rel="preload" href="${path}" as="font" type="font/woff2" crossorigin>`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title.replace(/[&<>]/g, letter => `&#${letter.charCodeAt(0)};`)}</title>
${preloads.join('\n')}
${style === null ? '' : `<link rel="stylesheet" href="${style}">`}
<script type="module" src="${script}"></script>
</head>
<body><div id="app"></div></body>
</html>
`
}
export const PAGE_POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "font-src 'self'", "connect-src 'self'", "img-src 'self' blob: data:"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ')
