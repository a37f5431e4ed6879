// @ts-check
/** layout - how large the tiles of a call can be, so that all of them fit without scrolling. */

/** Cameras are 4:3 to 16:9; a tall window may crop them to portrait. */
const WIDEST = 16 / 9;
const NARROWEST_LANDSCAPE = 4 / 3;
const NARROWEST_PORTRAIT = 3 / 4;

/**
 * The grid with the largest tiles.
 * @param {number} count tiles, at least 1
 * @param {number} width of the area, px
 * @param {number} height
 * @param {number} gap between tiles, px
 * @returns {{width: number, height: number}} of one tile, whole px
 */
export function bestGrid(count, width, height, gap) {
  const narrowest = width > height ? NARROWEST_LANDSCAPE : NARROWEST_PORTRAIT;
  const grids = Array.from({ length: count }, (_, index) => gridOf(index + 1, count, width, height, gap, narrowest));
  return grids.reduce((best, grid) => (grid.width * grid.height > best.width * best.height ? grid : best));
}

/**
 * @param {number} columns
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @param {number} gap
 * @param {number} narrowest
 */
function gridOf(columns, count, width, height, gap, narrowest) {
  const rows = Math.ceil(count / columns);
  const cellWidth = Math.max(0, (width - gap * (columns - 1)) / columns);
  const cellHeight = Math.max(0, (height - gap * (rows - 1)) / rows);
  const tileWidth = Math.min(cellWidth, cellHeight * WIDEST);
  return { width: Math.floor(tileWidth), height: Math.floor(Math.min(cellHeight, tileWidth / narrowest)) };
}
