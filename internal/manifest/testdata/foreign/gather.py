"""gather.py FOLDER: joins the CSV files that LibreOffice made of the workbooks into one,
with the workbook's name and the line in front of each row. Empty rows are left out."""

import csv
import pathlib
import sys

out = csv.writer(sys.stdout, delimiter=";", lineterminator="\n")
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.csv")):
    workbook = path.stem.rsplit("-", 1)[0]  # LibreOffice appends the sheet's name
    with open(path, encoding="utf-8", newline="") as lines:
        for n, row in enumerate(csv.reader(lines, delimiter=";"), start=1):
            if any(row):
                out.writerow([workbook, n, *row])
