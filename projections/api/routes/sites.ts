/** What is there: the sites of the caller's tenant, one of them, one asset. */
import Type from 'typebox'
import { Refusal } from '../../../protocol/words/errors.ts'
import { NAME, SLUG } from '../../../protocol/words/ids.ts'
import { notYet, type Route, siteOf } from '../route.ts'
import { AssetDetail, SiteDetail, SiteSummary, type SiteView } from '../view.ts'

const SiteParams = Type.Object({ site: Type.String({ pattern: SLUG }) })
const AssetParams = Type.Object({ site: Type.String({ pattern: SLUG }), asset: Type.String({ pattern: NAME }) })

/** The detail without its lists. */
function summaryOf(view: SiteView): SiteSummary | null {
  const detail = view.detail()
  if (!detail) return null
  const keys = Object.keys(SiteSummary.properties) as (keyof SiteSummary)[]
  return Object.fromEntries(keys.map(key => [key, detail[key]])) as unknown as SiteSummary
}

export const listSites: Route = {
  method: 'GET',
  path: '/api/v1/sites',
  id: 'listSites',
  text: 'The sites of the token’s tenant, as this node’s replicas see them',
  answers: { 200: { text: 'Sites', schema: Type.Object({ sites: Type.Array(SiteSummary) }) } },
  handle: ({ tenant }, { sites }) => {
    const own = sites.filter(view => view.tenant === tenant)
    return { status: 200, body: { sites: own.map(summaryOf).filter(s => s !== null) } }
  },
}

export const readSite: Route = {
  method: 'GET',
  path: '/api/v1/sites/:site',
  id: 'readSite',
  text: 'One site: mode, slots, assets with their states, points and setpoints, alarms, newest commands',
  params: SiteParams,
  answers: { 200: { text: 'The site', schema: SiteDetail } },
  refuses: ['NOT_FOUND', 'UNAVAILABLE'],
  handle: (asked, context) => {
    const view = siteOf(asked, context)
    const detail = view.detail()
    if (!detail) throw notYet(view)
    return { status: 200, body: detail }
  },
}

export const readAsset: Route = {
  method: 'GET',
  path: '/api/v1/sites/:site/assets/:asset',
  id: 'readAsset',
  text: 'One asset: states, points, setpoints with what bounds them, commands that it takes, alarms',
  params: AssetParams,
  answers: { 200: { text: 'The asset', schema: AssetDetail } },
  refuses: ['NOT_FOUND', 'UNAVAILABLE'],
  handle: (asked, context) => {
    const view = siteOf(asked, context)
    const detail = view.detail()
    if (!detail) throw notYet(view)
    const asset = view.asset(asked.params.asset!)
    if (!asset) {
      const known = detail.assets.map(a => a.name).join(', ')
      throw new Refusal('NOT_FOUND', `no asset '${asked.params.asset}' at '${view.site}'; assets: ${known}`)
    }
    return { status: 200, body: asset }
  },
}
