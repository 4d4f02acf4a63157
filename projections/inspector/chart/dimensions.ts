/** Sizes that layout reserves and drawing fills: both read them here, so that nothing is cut off. */
export const FONT = { title: 14, region: 12, row: 11.5, label: 12, small: 11 } as const
export const LIMIT = {
  title: 240,
  event: 200,
  guard: 210,
  actions: 230,
  lead: 150,
  row: 240,
  description: 220,
} as const
export const DESCRIPTION_LINES_MAX = 3
/** A folded state may stand for many transitions: its wire names this many. */
export const LABEL_ROWS_MAX = 5

export const PAD = 12
export const ROW_PITCH = 18
export const TITLE_BAND = 34
export const REGION_BAND = 28
export const TAG_BAND = 22
/** Below rows, before the border or the children. */
export const ROWS_END = 6
export const ICON = 16
export const BADGE = 17
export const LEAD_GAP = 6
export const LABEL_PAD = 8
export const LABEL_LINE = 21
export const LABEL_TWO_LINES = 35
export const LABEL_RULE = 2
export const TAG_PAD = 6
export const TAG_GAP = 4
/** The triangle before the title of a live state. */
export const LIVE_MARK = 13
/** At the right of a title: `+24`, the two bars of a parallel state, the handle that folds. */
export const COUNT = 50
export const BARS = 18
export const HANDLE = 22
export const FINAL_MARK = 20
export const HISTORY = 28
export const BOX_WIDTH_MIN = 76
/** Room for the initial mark before a state. */
export const INITIAL = { w: 22, h: 18 } as const
