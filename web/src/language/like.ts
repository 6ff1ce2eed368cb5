// Like is the shape that every language must have: the keys of the Chinese, with texts of its
// own. A missing or an extra key fails the type check, and so the build.
export type Like<T> = { [K in keyof T]: T[K] extends string ? string : Like<T[K]> }
