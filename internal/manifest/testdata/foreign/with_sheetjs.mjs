// node with_sheetjs.mjs LIST WORKBOOK [1904] [inline] [iso] [text]: writes a list with
// SheetJS. inline: no shared strings; iso: dates as t="d"; text: CSV as it shows cells.
import fs from "node:fs";
import { createRequire } from "node:module";
const XLSX = createRequire(process.env.SHEETJS)("xlsx");

const [list, out, ...flags] = process.argv.slice(2);
const book = XLSX.utils.book_new();
book.Workbook = { Sheets: [], WBProps: { date1904: flags.includes("1904") } };
let sheet;

const unescape = (s) => s.replaceAll("\\n", "\n").replaceAll("\\r", "\r").replaceAll("\\t", "\t").replaceAll("\\s", " ");
const clock = (s) => s.split(":").reduce((day, n, i) => day + n / [24, 1440][i], 0);

const cells = {
  text: (v) => ({ t: "s", v }),
  rich: (v) => ({ t: "s", v: v.replace("|", "") }), // SheetJS writes no rich text
  number: (v, z) => ({ t: "n", v: Number(v), z }),
  date: (v, z) => ({ t: "d", v: new Date(v.length > 10 ? v : v + "T00:00"), z }),
  clock: (v, z) => ({ t: "n", v: clock(v), z }),
  truth: (v) => ({ t: "b", v: v === "true" }),
  formula: (f, type, v) => (type === "number" ? { t: "n", f, v: Number(v) } : { t: "s", f, v }),
  "bare-formula": (f) => ({ t: "n", f }),
  error: () => ({ t: "e", v: 0x2a }), // #N/A
  blank: (_, z) => ({ t: "z", z }),
};

const directives = {
  sheet(name, state) {
    sheet = { "!ref": "A1:A1", "!rows": [], "!cols": [], "!merges": [] };
    XLSX.utils.book_append_sheet(book, sheet, name);
    book.Workbook.Sheets.push({ Hidden: state === "hidden" ? 1 : 0 });
  },
  "hide-row": (n) => (sheet["!rows"][n - 1] = { hidden: true }),
  "hide-column": (c) => (sheet["!cols"][XLSX.utils.decode_col(c)] = { hidden: true }),
  merge: (ref) => sheet["!merges"].push(XLSX.utils.decode_range(ref)),
  filter: (ref) => (sheet["!autofilter"] = { ref }),
};

function put(at, kind, ...rest) {
  sheet[at] = cells[kind](...rest);
  const range = XLSX.utils.decode_range(sheet["!ref"]), { r, c } = XLSX.utils.decode_cell(at);
  range.e = { r: Math.max(range.e.r, r), c: Math.max(range.e.c, c) };
  sheet["!ref"] = XLSX.utils.encode_range(range);
}

for (const line of fs.readFileSync(list, "utf8").split("\n")) {
  if (!line.trim() || line.startsWith("#")) continue;
  const [first, ...rest] = line.split("\t").map(unescape);
  (directives[first] ?? ((...words) => put(first, ...words)))(...rest);
}
if (flags.includes("text")) {
  fs.writeFileSync(out, XLSX.utils.sheet_to_csv(sheet, { FS: ";", RS: "\r\n" }));
} else {
  XLSX.writeFile(book, out, { compression: true, bookSST: !flags.includes("inline"), cellDates: flags.includes("iso"), sheetStubs: true });
}
