/** A chart as a file of its own: fonts and style inside, so that it looks the same anywhere. */

const SVG_TYPE = 'image/svg+xml'
/** On screens of today a picture at its own size looks blurred. */
const PNG_SCALE = 2
/** Browsers draw no larger picture. */
const PNG_SIDE_MAX = 16_000

/** `name` without extension. */
export async function saveSvg(svg: SVGSVGElement, name: string): Promise<void> {
  save(new Blob([await standalone(svg)], { type: SVG_TYPE }), `${name}.svg`)
}

export async function savePng(svg: SVGSVGElement, name: string): Promise<void> {
  save(await png(svg), `${name}.png`)
}

/** Rejects where the browser cannot draw it. */
async function png(svg: SVGSVGElement): Promise<Blob> {
  const { width, height } = svg.viewBox.baseVal
  const scale = Math.min(PNG_SCALE, PNG_SIDE_MAX / Math.max(width, height))
  const url = URL.createObjectURL(new Blob([await standalone(svg)], { type: SVG_TYPE }))
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = Math.ceil(width * scale)
    canvas.height = Math.ceil(height * scale)
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await new Promise((done, fail) =>
      canvas.toBlob(
        blob => (blob ? done(blob) : fail(new Error('this browser cannot write the picture'))),
        'image/png',
      ),
    )
  } finally {
    URL.revokeObjectURL(url)
  }
}

async function standalone(svg: SVGSVGElement): Promise<string> {
  const copy = svg.cloneNode(true) as SVGSVGElement
  copy.dataset.zoom = 'near'
  for (const found of copy.querySelectorAll('.found')) found.classList.remove('found')
  const style = document.createElementNS('http://www.w3.org/2000/svg', 'style')
  const scheme = getComputedStyle(svg).colorScheme.includes('dark') && isDark(svg) ? 'dark' : 'light'
  style.textContent = `svg{color-scheme:${scheme}}${await fontFaces()}${chartRules()}`
  copy.prepend(style)
  return new XMLSerializer().serializeToString(copy)
}

/** What the colours came out as, whoever chose them: the system or the page. */
function isDark(svg: SVGSVGElement): boolean {
  const [r = 255, g = 255, b = 255] = (getComputedStyle(svg).backgroundColor.match(/[\d.]+/g) ?? []).map(Number)
  return r + g + b < 384
}

function rules(): CSSRule[] {
  return [...document.styleSheets].flatMap(sheet => [...sheet.cssRules])
}
const chartRules = (): string =>
  rules()
    .filter(rule => rule instanceof CSSStyleRule && !/^(html|body|:root|#)/.test(rule.selectorText))
    .map(rule => rule.cssText)
    .join('')

async function fontFaces(): Promise<string> {
  const faces = rules().filter(rule => rule instanceof CSSFontFaceRule)
  const embedded = await Promise.all(faces.map(face => embed(face.cssText)))
  return embedded.join('')
}
async function embed(css: string): Promise<string> {
  const url = /url\("?([^")]+)"?\)/.exec(css)?.[1]
  if (!url) return css
  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer())
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return css.replace(/url\([^)]+\)/, `url(data:font/woff2;base64,${btoa(binary)})`)
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
