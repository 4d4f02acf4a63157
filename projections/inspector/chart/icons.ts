import type { IconName } from './scene.ts'

/** 12 x 12, stroked; class `f` is filled. */
export const ICON_PATHS: Readonly<Record<IconName, string>> = {
  clock: '<circle cx="6" cy="6" r="5"/><path d="M6 3.2V6l2 1.4"/>',
  bolt: '<path d="M7 .8 2.6 7H6l-1 4.4L9.4 5H6z"/>',
  star: '<path d="M6 1v10M1.7 3.5l8.6 5M10.3 3.5l-8.6 5"/>',
  done: '<circle cx="6" cy="6" r="5"/><circle cx="6" cy="6" r="2.2" class="f"/>',
  check: '<path d="M1.5 6.5 4.7 9.7 10.5 2.6"/>',
  cross: '<path d="M2 2l8 8M10 2l-8 8"/>',
  wave: '<path d="M1 6c1.7-4 3.3-4 5 0s3.3 4 5 0"/>',
  actor: '<rect x="1.2" y="1.2" width="9.6" height="9.6" rx="2.5"/><path d="M4.6 3.8 8 6 4.6 8.2z" class="f"/>',
  barred: '<circle cx="6" cy="6" r="5"/><path d="M2.6 2.6l6.8 6.8"/>',
  restart: '<path d="M2 1.5v9M10 2 5 6l5 4z"/>',
  reenter: '<path d="M10 6a4 4 0 1 1-1.4-3M8.8.6v2.6H6.2"/>',
}
