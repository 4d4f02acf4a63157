/** The page of scenarios, in the browser: what was expected, the curves, and the timeline of `timeline.js`, on one axis of time. */
const all = JSON.parse(document.getElementById('data').textContent)
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
const right = s => s.kind === 'done' && s.result.violations.length === 0 && s.result.expectations.every(e => e.ok)
const titleOf = s => (s.kind === 'done' ? s.result.title : s.path)
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
