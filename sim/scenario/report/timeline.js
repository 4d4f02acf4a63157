/** The timeline of a scenario: verdict classes, faults, alarms and what was asked for, on the plots' axis of time. */
const LEFT = 64
const RIGHT = 18
const LANE = 19
const LANES_MAX = 24

function el(tag, attributes = {}, ...inner) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...inner)
  return made
}
function svg(tag, attributes = {}, text = '') {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  if (text) made.textContent = text
  return made
}
const clock = utcMs => new Date(utcMs).toISOString().slice(11, 19)

const CLASSES = { onTime: 'var(--calm)', late: 'url(#late)', held: 'url(#held)', uncovered: 'var(--mark)' }

function lanesOf(r) {
  const grouped = (items, name) => {
    const by = new Map()
    for (const item of items) by.set(name(item), [...(by.get(name(item)) ?? []), item])
    return [...by]
  }
  const faults = grouped(r.faults, f => f.text).map(([text, spans]) => ({
    of: 'fault',
    text,
    spans,
    fill: 'url(#fault)',
    edge: 'var(--warn)',
  }))
  const alarms = grouped(r.alarms, a => a.key).map(([key, spans]) => ({
    of: 'alarm',
    text: `▲ ${key} (${spans[0].priority})`,
    spans: spans.map(s => ({ ...s, toMs: s.toMs ?? r.forMs })),
    fill: 'var(--bad)',
    edge: 'var(--bad)',
  }))
  return [...faults, ...alarms].slice(0, LANES_MAX)
}

const PATTERNS = `<defs>
  <pattern id="fault" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="transparent"/><rect width="2.4" height="6" fill="var(--warn)"/></pattern>
  <pattern id="held" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="5" height="5" fill="var(--calm)"/><rect width="2.5" height="5" fill="var(--warn)"/></pattern>
  <pattern id="late" width="4" height="4" patternUnits="userSpaceOnUse"><rect width="4" height="4" fill="var(--calm)"/><circle cx="2" cy="2" r="1" fill="var(--warn)"/></pattern>
</defs>`

// biome-ignore lint/correctness/noUnusedVariables: page.js, in the same script, draws with it
function timeline(into, view, r) {
  into.append(el('h3', {}, 'Verdicts, faults, alarms, and what was asked for'))
  const box = el('div')
  into.append(box)
  const lanes = lanesOf(r)
  view.timeline = () => {
    const width = box.clientWidth
    const x = ms => LEFT + ((r.startMs + ms) / 1_000 - view.from) * ((width - LEFT - RIGHT) / (view.to - view.from))
    const clip = v => Math.max(LEFT, Math.min(width - RIGHT, v))
    const out = svg('svg', { width, role: 'img' })
    out.innerHTML = PATTERNS
    const bar = (fromMs, toMs, y, fill, edge, told) => {
      const [a, b] = [clip(x(fromMs)), clip(x(toMs))]
      if (x(toMs) < LEFT || x(fromMs) > width - RIGHT) return null
      const made = svg('rect', { x: a, y, width: Math.max(2, b - a), height: 12, fill, ...(edge && { stroke: edge }) })
      made.append(svg('title', {}, told))
      out.append(made)
      return [a, Math.max(a + 2, b)]
    }
    const label = (text, [a, b], y) => {
      const after = width - RIGHT - b > text.length * 6.2
      const at = after ? { x: b + 5 } : a - LEFT > text.length * 6.2 ? { x: a - 5, 'text-anchor': 'end' } : { x: a + 5 }
      out.append(svg('text', { ...at, y: y + 10, class: 'halo' }, text))
    }
    /** After the last, unless there is more room after the first. */
    const roomBy = (shown, text) =>
      shown.length > 1 && shown[1][0] - shown[0][1] > text.length * 6.2 + 8 ? shown[0] : [shown[0][0], shown.at(-1)[1]]
    out.append(svg('text', { x: LEFT - 6, y: 16, 'text-anchor': 'end', class: 'lane' }, 'verdicts'))
    for (const s of r.slots) {
      const place = bar(
        s.fromMs,
        s.toMs,
        6,
        CLASSES[s.class],
        '',
        `${s.class} ${clock(r.startMs + s.fromMs)} to ${clock(r.startMs + s.toMs)}`,
      )
      if (!place || s.class === 'onTime' || place[1] - place[0] < 64) continue
      out.append(svg('text', { x: place[0] + 5, y: 16, class: s.class === 'uncovered' ? 'inside' : 'halo' }, s.class))
    }
    let of = ''
    lanes.forEach((lane, i) => {
      const y = 28 + i * LANE
      if (lane.of !== of)
        out.append(svg('text', { x: LEFT - 6, y: y + 10, 'text-anchor': 'end', class: 'lane' }, `${lane.of}s`))
      of = lane.of
      const places = lane.spans.map(s =>
        bar(
          s.fromMs,
          s.toMs,
          y,
          lane.fill,
          lane.edge,
          `${s.text} ${clock(r.startMs + s.fromMs)} to ${clock(r.startMs + s.toMs)}`,
        ),
      )
      const shown = places.filter(p => p !== null)
      if (shown.length > 0) label(lane.text, roomBy(shown, lane.text), y)
    })
    const foot = 28 + lanes.length * LANE + 12
    if (r.steps.length > 0)
      out.append(svg('text', { x: LEFT - 6, y: foot + 4, 'text-anchor': 'end', class: 'lane' }, 'asked'))
    const free = []
    for (const step of r.steps) {
      const at = x(step.atMs)
      if (at < LEFT || at > width - RIGHT) continue
      const long = step.text.length * 6.2 + 14
      const start = Math.min(at, width - long)
      const vacant = free.findIndex(until => until <= start)
      const row = vacant < 0 ? free.length : vacant
      free[row] = start + long
      const y = foot + row * 15
      out.append(
        svg('line', {
          x1: at,
          x2: at,
          y1: 4,
          y2: y,
          stroke: 'var(--ink)',
          'stroke-width': 1,
          'stroke-dasharray': '2 3',
        }),
      )
      const dot = svg('circle', { cx: at, cy: y, r: 4, fill: 'var(--paper)', stroke: 'var(--ink)' })
      dot.append(svg('title', {}, `${clock(r.startMs + step.atMs)} ${step.text}`))
      out.append(dot, svg('text', { x: start + 8, y: y + 4, class: 'halo' }, step.text))
    }
    out.setAttribute('height', String(foot + Math.max(1, free.length) * 15))
    box.replaceChildren(out)
  }
  view.timeline()
}
