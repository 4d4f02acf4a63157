/** The page of scenarios, in the browser: what was expected, the curves, and the timeline, on one axis of time. */
const LEFT = 64
const RIGHT = 18
const LANE = 19
const LANES_MAX = 24
const all = JSON.parse(document.getElementById('data').textContent)
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

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
const right = s => s.kind === 'done' && s.result.violations.length === 0 && s.result.expectations.every(e => e.ok)
const titleOf = s => (s.kind === 'done' ? s.result.title : s.path)
const clock = utcMs => new Date(utcMs).toISOString().slice(11, 19)
const mark = ok => (ok ? el('span', { class: 'soft' }, '✓ OK') : el('span', { class: 'bad' }, '✕ NOT'))

// --- what was expected

function expectations({ expectations: rows, violations, startMs }) {
  const told = rows.map(e =>
    el('tr', {}, el('td', {}, mark(e.ok)), el('td', {}, e.text), el('td', { class: e.ok ? 'soft' : 'bad' }, e.seen)),
  )
  const broken = violations.map(v =>
    el(
      'tr',
      {},
      el('td', {}, mark(false)),
      el('td', {}, `invariant ${v.invariant}`),
      el('td', { class: 'bad' }, `${clock(startMs + v.atMs)} ${v.text}`),
    ),
  )
  const hold = el(
    'tr',
    {},
    el('td', {}, mark(true)),
    el('td', {}, 'every invariant of the oracle'),
    el('td', { class: 'soft' }, 'holds'),
  )
  return el('table', { class: 'expected' }, ...told, ...(broken.length > 0 ? broken : [hold]))
}

// --- curves

const STORES = ['--line-store', '--line-store2']
/** Muted by what an asset is; a second store has another tint and a dash. */
function looksOf(curves, soc) {
  const stores = soc.map(c => c.name)
  return curves.map(({ name }) => {
    const asset = name.split('.')[0]
    const nth = stores.indexOf(asset)
    if (nth >= 0) return { colour: STORES[nth % 2], width: 1.6, dash: nth % 2 ? [6, 3] : [] }
    if (asset.startsWith('pv')) return { colour: '--line-pv', width: 1.6, dash: [] }
    if (asset.startsWith('load')) return { colour: '--line-load', width: 1.2, dash: [] }
    return { colour: '--line-grid', width: 1.4, dash: [] }
  })
}

function plot(into, view, { title, curves, unit, height, stepped, digits = 2 }) {
  if (curves.length === 0) return
  into.append(el('h3', {}, `${title}, ${unit}`))
  const box = el('div')
  into.append(box)
  const looks = looksOf(curves, view.plots.soc)
  const axis = {
    stroke: () => css('--soft'),
    grid: { stroke: () => css('--rule'), width: 1 },
    ticks: { stroke: () => css('--rule'), width: 1 },
    font: '11px system-ui, sans-serif',
  }
  const made = new uPlot(
    {
      width: box.clientWidth,
      height,
      padding: [8, RIGHT, 0, 0],
      tzDate: s => uPlot.tzDate(new Date(s * 1_000), 'Etc/UTC'),
      cursor: { sync: { key: 'scenario' }, drag: { x: true, y: false } },
      scales: { x: { min: view.from, max: view.to } },
      axes: [
        {
          ...axis,
          size: 28,
          values: [
            [3600, '{HH}:{mm}', null, null, null, null, null, null, 1],
            [60, '{HH}:{mm}', null, null, null, null, null, null, 1],
            [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
          ],
        },
        { ...axis, size: LEFT },
      ],
      series: [
        { label: 'time', value: (_, s) => (s === null ? '' : clock(s * 1_000)) },
        ...curves.map(({ name }, i) => ({
          label: name,
          stroke: () => css(looks[i].colour),
          width: looks[i].width,
          dash: looks[i].dash,
          points: { show: false },
          ...(stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
          value: (_, v) => (v === null ? '' : `${v.toFixed(digits)} ${unit}`),
        })),
      ],
      hooks: { setSelect: [u => view.zoom(u)], setCursor: [u => view.hovered?.(u.cursor.idx)] },
    },
    [view.plots.times, ...curves.map(c => c.values)],
    box,
  )
  box.addEventListener('dblclick', () => view.show(view.whole[0], view.whole[1]))
  view.charts.push(made)
}

function whysOf(into, view) {
  const { setpoints, whys } = view.plots
  if (setpoints.length === 0) return
  const line = el('p', { class: 'why' })
  into.append(line)
  view.hovered = idx => {
    const parts = setpoints.flatMap(c => {
      const why = idx === null || idx === undefined ? '' : whys[c.why[idx]]
      return why ? [el('b', {}, c.name), ` ${why}   `] : []
    })
    line.replaceChildren(...(parts.length > 0 ? parts : ['point at a curve to see why each setpoint is what it is']))
  }
  view.hovered(null)
}

// --- timeline

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

// --- one scenario at a time

function viewOf(r) {
  const whole = [r.startMs / 1_000, (r.startMs + r.forMs) / 1_000]
  const view = { plots: r.plots, whole, from: whole[0], to: whole[1], charts: [], hovered: null, timeline: null }
  view.show = (from, to) => {
    view.from = from
    view.to = to
    for (const chart of view.charts) chart.setScale('x', { min: from, max: to })
    view.timeline?.()
  }
  view.zoom = u => {
    if (u.select.width < 8) return
    const [from, to] = [u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')]
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false)
    view.show(from, to)
  }
  return view
}

let current = null
function open(i) {
  for (const chart of current?.charts ?? []) chart.destroy()
  const s = all[i]
  const into = document.querySelector('main')
  document.querySelectorAll('nav a').forEach((a, n) => {
    a.setAttribute('aria-current', String(n === i))
  })
  const section = el('section')
  into.replaceChildren(section)
  if (s.kind !== 'done') {
    section.append(el('h2', { class: 'bad' }, `✕ ${s.path}`), el('pre', {}, s.text))
    current = null
    return
  }
  const r = s.result
  const until = new Date(r.startMs + r.forMs).toISOString().slice(0, 16).replace('T', ' ')
  section.append(
    el('h2', {}, mark(right(s)), ` ${r.title}`),
    el(
      'p',
      { class: 'soft' },
      `${r.path}, seed ${r.seed}; ${new Date(r.startMs).toISOString().slice(0, 16).replace('T', ' ')} to ${until} UTC`,
    ),
    expectations(r),
  )
  const view = (current = viewOf(r))
  const { power, soc, frequency, setpoints } = r.plots
  plot(section, view, {
    title: 'Power (positive: a store discharges, PV produces, the grid gives)',
    curves: power,
    unit: 'kW',
    height: 230,
  })
  plot(section, view, { title: 'Setpoints as decided', curves: setpoints, unit: 'kW', height: 160, stepped: true })
  whysOf(section, view)
  timeline(section, view, r)
  plot(section, view, { title: 'State of charge', curves: soc, unit: '%', height: 130, digits: 1 })
  plot(section, view, { title: 'Frequency', curves: frequency, unit: 'Hz', height: 130, digits: 3 })
  section.append(el('p', { class: 'soft' }, 'Drag over a plot to look closer; double click for the whole.'))
}

const count = all.filter(right).length
const broken = all.length - count
document.querySelector('h1').textContent =
  all.length === 1 ? titleOf(all[0]) : `${count} of ${all.length} scenarios are as expected`
document.title = document.querySelector('h1').textContent
if (broken > 0) document.querySelector('h1').classList.add('bad')
if (all.length > 1)
  document
    .querySelector('nav')
    .append(...all.map((s, i) => el('a', { href: `#${i + 1}` }, mark(right(s)), ` ${titleOf(s)}`)))
const chosen = () =>
  Math.min(
    all.length,
    Math.max(
      1,
      Number(location.hash.slice(1)) ||
        1 +
          Math.max(
            0,
            all.findIndex(s => !right(s)),
          ),
    ),
  ) - 1
addEventListener('hashchange', () => open(chosen()))
addEventListener('resize', () => open(chosen()))
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => open(chosen()))
open(chosen())
