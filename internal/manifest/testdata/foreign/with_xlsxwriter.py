"""with_xlsxwriter.py LIST WORKBOOK [1904] [inline]: writes a list with XlsxWriter.

XlsxWriter stores 0 as the value of every formula that is given none."""

import datetime
import sys

import xlsxwriter

import words


class Writer:
    def __init__(self, out, flags):
        self.book = xlsxwriter.Workbook(out, {
            "constant_memory": "inline" in flags, "date_1904": "1904" in flags,
            "strings_to_formulas": False, "strings_to_urls": False})
        self.formats = {}
        self.bold = self.book.add_format({"bold": True})
        self.sheet = None

    def format(self, code):
        if code not in self.formats:
            self.formats[code] = self.book.add_format({"num_format": code})
        return self.formats[code]

    def directive(self, word, rest):
        match word:
            case "sheet":
                self.sheet = self.book.add_worksheet(rest[0])
                if "hidden" in rest:
                    self.sheet.hide()
            case "hide-row":
                self.sheet.set_row(int(rest[0]) - 1, None, None, {"hidden": True})
            case "hide-column":
                self.sheet.set_column(f"{rest[0]}:{rest[0]}", None, None, {"hidden": True})
            case "merge":
                self.sheet.merge_range(rest[0], self.last)
            case "filter":
                self.sheet.autofilter(rest[0])
                if rest[1:]:
                    self.sheet.filter_column_list(rest[1], [rest[2]])
            case _:
                self.cell(word, *rest)

    def cell(self, at, kind, value, *rest):
        self.last = value
        match kind:
            case "text":
                self.sheet.write_string(at, value)
            case "rich":
                first, second = value.split("|")
                self.sheet.write_rich_string(at, first, self.bold, second)
            case "number":
                self.sheet.write_number(at, float(value), self.format(rest[0]))
            case "date":
                self.sheet.write_datetime(at, datetime.datetime.fromisoformat(value), self.format(rest[0]))
            case "clock":
                self.sheet.write_datetime(at, datetime.time.fromisoformat(value), self.format(rest[0]))
            case "truth":
                self.sheet.write_boolean(at, value == "true")
            case "formula":
                self.sheet.write_formula(at, "=" + value, None, float(rest[1]) if rest[0] == "number" else rest[1])
            case "bare-formula":
                self.sheet.write_formula(at, "=" + value)
            case "error":
                self.sheet.write_formula(at, "=NA()", None, value)
            case "blank":
                self.sheet.write_blank(at, None, self.format(rest[0]))


writer = Writer(sys.argv[2], sys.argv[3:])
for first, *others in words.read(sys.argv[1]):
    writer.directive(first, others)
writer.book.close()
