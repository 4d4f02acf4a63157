/** esbuild takes them along. */
declare module '*.css'
