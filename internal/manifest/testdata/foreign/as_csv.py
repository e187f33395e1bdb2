"""as_csv.py LIST FOLDER: dumps a list as CSV in the ways of Python's csv module."""

import csv
import sys

import words

VALUES = {
    "rich": lambda v, *_: v.replace("|", ""),
    "date": lambda v, *_: v.replace("T", " ") + (":00" if "T" in v else ""),  # as str(datetime) has it
    "truth": lambda v: str(v == "true"),
    "formula": lambda f, kind, v: v,
}


def rows(path):
    """The first sheet's rows as text. Trailing empty cells are kept, as dumps have them."""
    cells = {}
    for first, *rest in words.read(path):
        if first[0].isupper():
            kind, *values = rest
            shown = VALUES.get(kind, lambda v, *_: v)
            cells[int(first[1:]), ord(first[0]) - ord("A")] = shown(*values)
    last, wide = max(r for r, _ in cells), max(c for _, c in cells)
    return [[cells.get((r, c), "") for c in range(wide + 1)] for r in range(1, last + 1)]


def save(name, table, encoding="utf-8", first="", **style):
    with open(f"{sys.argv[2]}/{name}", "w", encoding=encoding, newline="") as out:
        out.write(first)
        csv.writer(out, **style).writerows(table)


table = rows(sys.argv[1])
save("python-excel.csv", table, dialect="excel")
save("python-excel-tab.tsv", table, dialect="excel-tab")
save("python-unix.csv", table, dialect="unix")  # LF, every cell quoted
save("python-cr.csv", table, delimiter=";", lineterminator="\r", quoting=csv.QUOTE_ALL)  # it quotes no LF of itself
save("python-sep.csv", table, delimiter=";", first="sep=;\r\n")
save("python-utf-8-sig.csv", table, encoding="utf-8-sig", delimiter=";")
save("python-utf-16.csv", table, encoding="utf-16", delimiter="\t")
