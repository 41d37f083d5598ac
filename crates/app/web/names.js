// Names that a stranger chose: which of them may be written. The same rules as the command line's.

const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$/i;
const BAD = /[\p{Cc}\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u2028\u2029\u3164\uffa0\ufe00-\ufe0f\ud800-\udfff\\:*?"<>|]/u;
const utf8 = new TextEncoder();

/** Whether a path may be written. */
export function isSafe(path) {
  if (path === '' || utf8.encode(path).length > 4096 || path !== path.normalize('NFC')) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'
    && utf8.encode(part).length <= 255 && !BAD.test(part) && !DEVICES.test(part) && !/[. ]$/.test(part) && !part.startsWith(' '));
}

const fold = (path) => path.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase();

/** Marks what is refused: unsafe names, hidden files, names that fall together, a file where a folder is. */
export function refuse(files) {
  const seen = new Map();
  for (const file of files) {
    const key = fold(file.path);
    file.refused = !isSafe(file.path) || file.path.split('/').some((part) => part.startsWith('.')) || seen.has(key);
    if (!file.refused) seen.set(key, file);
  }
  for (const file of files) {
    const parts = fold(file.path).split('/');
    for (let n = 1; n < parts.length; n += 1) {
      const above = seen.get(parts.slice(0, n).join('/'));
      if (above && !above.dir) file.refused = true;
    }
  }
}

/** A name for one download out of a path's last part. */
export function baseName(path) {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A name for the archive of several files: their common folder, if they have one. */
export function archiveName(files) {
  const top = files[0].path.split('/')[0];
  const isCommon = files.every(({ path }) => path.startsWith(`${top}/`));
  return `${isCommon ? top : 'limpid'}.zip`;
}
