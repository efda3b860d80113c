/** Styles are imported for what they do to the page; vite takes them out of the script. */
declare module '*.css'
