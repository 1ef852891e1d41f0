/** Canvases that are as sharp as the screen. */

/**
 * Match a canvas to the screen's pixels, and clear it.
 *
 * @param {HTMLCanvasElement} canvas - Its size is that of its CSS.
 * @returns {{ context: CanvasRenderingContext2D, width: number, height: number }} A context that
 *   draws in CSS pixels, and the size of the canvas in them.
 */
export function prepareCanvas(canvas) {
  const ratio = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  const [deviceWidth, deviceHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== deviceWidth || canvas.height !== deviceHeight) {
    canvas.width = deviceWidth;
    canvas.height = deviceHeight;
  }
  const context = context2d(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/**
 * Return the drawing context of a canvas.
 *
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 * @throws {Error} If the canvas has a context of another kind.
 */
export function context2d(canvas) {
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("the canvas has no 2D context");
  return context;
}
